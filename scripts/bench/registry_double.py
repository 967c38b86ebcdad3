"""A registry that answers as MLflow 3.17 does, in microseconds, and remembers all that was ever asked of it.

It speaks the part of MLflow's REST API that a daemon uses (mlflow.org, "REST API"; error codes as measured on 3.17). Unlike
MLflow it keeps a journal: which versions were created, and every move of an alias, in order. It outlives the daemons that
talk to it, and can be away for a while, or do what it was asked and lose the answer.
"""

import http.server
import json
import re
import socket
import threading
import urllib.parse

BASE = "/api/2.0/mlflow/"
CONDITION = re.compile(r"(?:name|tags\.`([^`]+)`) = '([^']*)'")


class Refusal(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


class RegistryDouble:
    """The models, their journal, and the server. One lock makes requests happen one after another, as in a database."""

    def __init__(self):
        self.lock = threading.Lock()
        self.models = {}
        self.created = []
        self.alias_sets = []
        self.away = False
        self.answers_to_lose = 0
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.registry = self
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method, path, values):
        """The answer to a request: status and body."""
        act = ROUTES.get((method, path))
        if act is None:
            return 404, b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n"
        with self.lock:
            try:
                return 200, json.dumps(act(self, values)).encode()
            except Refusal as refusal:
                return refusal.status, json.dumps({"error_code": refusal.code, "message": str(refusal)}).encode()

    def loses_answer(self, method):
        """Whether to lose the answer to this request. Only for requests that change something."""
        with self.lock:
            if method == "GET" or not self.answers_to_lose:
                return False
            self.answers_to_lose -= 1
            return True

    # The routes

    def search_experiments(self, values):
        return {"experiments": []}

    def create_model(self, values):
        name = values["name"]
        if name in self.models:
            raise Refusal(400, "RESOURCE_ALREADY_EXISTS", f"Registered Model (name={name}) already exists.")
        self.models[name] = {"versions": [], "aliases": {}, "tags": {}}
        return {"registered_model": {"name": name}}

    def get_model(self, values):
        model = self.model(values)
        aliases = [{"alias": alias, "version": version} for alias, version in sorted(model["aliases"].items())]
        tags = [{"key": key, "value": value} for key, value in sorted(model["tags"].items())]
        return {"registered_model": {
            "name": values["name"], **({"aliases": aliases} if aliases else {}), **({"tags": tags} if tags else {})}}

    def set_model_tag(self, values):
        self.model(values)["tags"][values["key"]] = values["value"]
        return {}

    def delete_model_tag(self, values):
        self.model(values)["tags"].pop(values["key"], None)
        return {}

    def get_alias(self, values):
        model, alias = self.model(values), values["alias"]
        if alias not in model["aliases"]:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Registered model alias {alias} not found.")
        return {"model_version": self.version(values["name"], model["aliases"][alias])}

    def set_alias(self, values):
        self.version(values["name"], values["version"])
        aliases = self.model(values)["aliases"]
        move = {"model": values["name"], "alias": values["alias"], "from": aliases.get(values["alias"]),
                "to": values["version"]}
        self.alias_sets.append(move)
        aliases[values["alias"]] = values["version"]
        return {}

    def delete_alias(self, values):
        self.alias_sets.append({"model": values["name"], "alias": values["alias"],
                                "from": self.model(values)["aliases"].pop(values["alias"], None), "to": None})
        return {}

    def create_version(self, values):
        versions = self.model(values)["versions"]
        version = {"name": values["name"], "version": str(len(versions) + 1), "current_stage": "None",
                   "source": values["source"], "run_id": values.get("run_id") or "", "status": "READY",
                   "tags": values.get("tags", [])}
        versions.append(version)
        self.created.append(version)
        return {"model_version": version}

    def get_version(self, values):
        return {"model_version": self.version(values["name"], values["version"])}

    def search_versions(self, values):
        """Rows have no aliases, and empty lists are left out, as in the server's JSON."""
        wanted = CONDITION.findall(values.get("filter", ""))
        name = next((value for tag, value in wanted if not tag), None)
        found = [version for version in self.models.get(name, {"versions": []})["versions"]
                 if all({"key": tag, "value": value} in version["tags"] for tag, value in wanted if tag)]
        size, start = int(values.get("max_results", 200)), int(values.get("page_token") or 0)
        page = {"model_versions": found[start:start + size]} if found[start:] else {}
        return {**page, "next_page_token": str(start + size)} if start + size < len(found) else page

    def set_tag(self, values):
        tags = self.version(values["name"], values["version"])["tags"]
        tags[:] = [tag for tag in tags if tag["key"] != values["key"]] + [{"key": values["key"], "value": values["value"]}]
        return {}

    def transition(self, values):
        version = self.version(values["name"], values["version"])
        for other in self.model(values)["versions"]:
            if values.get("archive_existing_versions") and other["current_stage"] == values["stage"] and other is not version:
                other["current_stage"] = "Archived"
        version["current_stage"] = values["stage"]
        return {"model_version": version}

    def model(self, values):
        name = values["name"]
        if name not in self.models:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found")
        return self.models[name]

    def version(self, name, number):
        versions = self.model({"name": name})["versions"]
        if not number.isdigit() or not 1 <= int(number) <= len(versions):
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version={number}) not found")
        return versions[int(number) - 1]


ROUTES = {
    ("POST", "experiments/search"): RegistryDouble.search_experiments,
    ("POST", "registered-models/create"): RegistryDouble.create_model,
    ("GET", "registered-models/get"): RegistryDouble.get_model,
    ("POST", "registered-models/set-tag"): RegistryDouble.set_model_tag,
    ("DELETE", "registered-models/delete-tag"): RegistryDouble.delete_model_tag,
    ("GET", "registered-models/alias"): RegistryDouble.get_alias,
    ("POST", "registered-models/alias"): RegistryDouble.set_alias,
    ("DELETE", "registered-models/alias"): RegistryDouble.delete_alias,
    ("POST", "model-versions/create"): RegistryDouble.create_version,
    ("GET", "model-versions/get"): RegistryDouble.get_version,
    ("GET", "model-versions/search"): RegistryDouble.search_versions,
    ("POST", "model-versions/set-tag"): RegistryDouble.set_tag,
    ("POST", "model-versions/transition-stage"): RegistryDouble.transition,
}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Ignored: a killed daemon hangs up in the middle of a request, which is the point."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave as one packet; otherwise the second would wait until the first is acknowledged.
    wbufsize = -1

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve(self):
        registry = self.server.registry
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        values = json.loads(body) if body else dict(urllib.parse.parse_qsl(query))
        if registry.away:
            return self.say(503, b"away")
        status, text = registry.answer(self.command, path.removeprefix(BASE), values)
        if registry.loses_answer(self.command):
            self.close_connection = True
            return
        self.say(status, text)

    do_GET = do_POST = do_DELETE = serve

    def say(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if text[:1] == b"{" else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Nobody reads it."""

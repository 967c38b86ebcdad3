"""What a fake forge answers over http: Git with `git http-backend`, and calls of its API."""

import base64
import json
import urllib.parse

from remotes import Backend


class Answering(Backend):
    """Git under the repository's name, the API under all others."""

    def do_GET(self):
        forge = self.server.forge
        path, _, query = self.path.partition("?")
        if not path.startswith(f"/{forge.project.bare.name}/"):
            return self.answer_call(forge, path, dict(urllib.parse.parse_qsl(query)))
        writes = "git-receive-pack" in self.path
        if forge.down or (writes or forge.private) and self.password() != forge.pushing_token:
            self.body()
            forge.note("git", None, 503 if forge.down else 401)
            return self.say(503 if forge.down else 401, "", {"WWW-Authenticate": 'Basic realm="forge"'})
        super().do_GET()

    do_POST = do_PUT = do_PATCH = do_GET

    def password(self):
        kind, _, pair = self.headers.get("Authorization", "").partition(" ")
        return base64.b64decode(pair).decode().partition(":")[2] if kind == "Basic" else None

    def answer_call(self, forge, path, query):
        body = self.body()
        status, said, fields = forge.answer(self.command, path, query, self.headers, json.loads(body) if body else None)
        self.say(status, "" if said is None else said if isinstance(said, str) else json.dumps(said), fields)

    def say(self, status, text, fields):
        content = text.encode()
        kind = "text/html" if text.startswith("<") else "application/json"
        self.send_response(status)
        for name, value in {"Content-Type": kind, **fields, "Content-Length": len(content)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

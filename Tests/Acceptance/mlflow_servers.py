"""MLflow servers of other people: by SQLite or PostgreSQL, and behind a proxy that asks for a password, a path or trust.

All of them listen on loopback only; what they keep is in a folder of the test.
"""

import base64
import contextlib
import glob
import http.client
import http.server
import os
import pathlib
import pwd
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

from story import ROOT

PYTHON = ROOT / ".venv/server/bin/python"


@contextlib.contextmanager
def mlflow(folder, database):
    """`mlflow server` as its manual has it, with artifacts that go through it: its URL, and how to wait until it can work."""
    port = free_port()
    command = [PYTHON, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
               "--backend-store-uri", database, "--artifacts-destination", folder / "artifacts"]
    settings = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with open(folder / "mlflow.log", "ab") as log:
        server = subprocess.Popen(command, cwd=folder, env={**os.environ, **settings}, stdout=log, stderr=log,
                                  start_new_session=True)
    try:
        yield f"http://127.0.0.1:{port}", lambda: wait_for(server, port, folder / "mlflow.log")
    finally:
        # The launcher leaves its worker behind when it is killed itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
        server.wait(30)


def wait_for(server, port, log):
    """Until it can work: it answers before its tables exist."""
    ask = urllib.request.Request(f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search", b'{"max_results": 1}',
                                 {"Content-Type": "application/json"})
    deadline = time.monotonic() + 600
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(ask, timeout=10).close()
        time.sleep(0.1)
    raise AssertionError(f"MLflow does not start:\n{log.read_text()[-3000:]}")


@contextlib.contextmanager
def postgresql(folder):
    """A PostgreSQL server of one's own, which does not run as root; its URL for MLflow."""
    tools = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    home, port = folder / "postgresql", free_port()
    home.mkdir()
    if user:
        os.chown(home, pwd.getpwnam("postgres").pw_uid, -1)

    def run(program, *arguments):
        done = subprocess.run([tools / program, "-D", home / "data", *arguments], **user, cwd="/", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        assert done.returncode == 0, done.stdout

    run("initdb", "--username=espalier", "--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8")
    run("pg_ctl", "start", "--wait", "--silent", "--log", home / "log",
        "--options", f"-F -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''")
    try:
        # SQLAlchemy 2.1 takes plain `postgresql://` for another driver.
        yield f"postgresql+psycopg2://espalier@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "stop", "--wait", "--silent", "--mode", "immediate")


def missing_for_postgresql():
    """Why there can be no MLflow on PostgreSQL here."""
    if not glob.glob("/usr/lib/postgresql/*/bin/initdb"):
        return "/usr/lib/postgresql is missing: scripts/setup --for-tests installs postgresql"
    if subprocess.run([PYTHON, "-c", "import psycopg2"], capture_output=True).returncode:
        return f"psycopg2 is missing in {PYTHON}: scripts/setup installs it"
    return ""


class LoopbackServer(http.server.ThreadingHTTPServer):
    """A server on a free port of loopback, in a thread of its own while `serving`."""

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)

    @contextlib.contextmanager
    def serving(self):
        thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class Proxy(LoopbackServer):
    """What companies put before an MLflow server. `seen` holds the methods and paths that were asked for.

    `allowed` are whole `name:password` pairs, and tokens.
    """

    def __init__(self, behind, prefix="", allowed=(), certificate=None):
        super().__init__(Passing)
        self.behind, self.prefix, self.seen = behind.removeprefix("http://"), prefix, []
        self.expected = [f"Basic {base64.b64encode(one.encode()).decode()}" if ":" in one else f"Bearer {one}" for one in allowed]
        self.scheme = "https" if certificate else "http"
        self.trust = certificate and ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate:
            self.trust.load_cert_chain(certificate, certificate.with_suffix(".key"))

    def finish_request(self, request, client_address):
        """In the thread of the connection, for a handshake takes as long as the client wants."""
        with contextlib.suppress(OSError):
            super().finish_request(self.trust.wrap_socket(request, server_side=True) if self.trust else request, client_address)

    def address(self, password=""):
        return f"{self.scheme}://{password and password + '@'}127.0.0.1:{self.server_port}{self.prefix}"


class Passing(http.server.BaseHTTPRequestHandler):
    """Passes one request on, and its answer back."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path))
        if self.server.expected and self.headers["Authorization"] not in self.server.expected:
            # What MLflow's own basic-auth answers.
            return self.say(401, b"You are not authenticated. Please see the documentation.",
                            {"WWW-Authenticate": 'Basic realm="mlflow"', "Content-Type": "text/html; charset=utf-8"})
        if not self.path.startswith(self.server.prefix + "/"):
            return self.say(404, b"<html>nginx: nothing here</html>", {"Content-Type": "text/html"})
        upstream = http.client.HTTPConnection(self.server.behind, timeout=60)
        fields = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "authorization")}
        upstream.request(self.command, self.path.removeprefix(self.server.prefix), body or None, fields)
        answer = upstream.getresponse()
        kept = {name: value for name, value in answer.getheaders()
                if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server")}
        self.say(answer.status, answer.read(), kept)
        upstream.close()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def say(self, status, content, fields):
        self.send_response(status)
        for name, value in {**fields, "Content-Length": len(content)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def certificate(folder):
    """A certificate for 127.0.0.1 that nobody but who made it trusts."""
    file = folder / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", file, "-keyout", file.with_suffix(".key")],
        check=True, capture_output=True)
    return file


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]

"""A watched project's bare repository as colleagues reach it: over http with `git http-backend`, over ssh with `sshd`.

Both serve on a free port of loopback, in threads of the test, from files in the project's folder.
"""

import contextlib
import http.server
import os
import pathlib
import pwd
import shutil
import socketserver
import subprocess
import threading
import time

import pytest


@contextlib.contextmanager
def over_http(project):
    """Push and fetch over http from here on."""
    project.environment["no_proxy"] = "127.0.0.1"
    project.call("git", "config", "http.receivepack", "true", cwd=project.bare)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    server.daemon_threads = False
    server.root = project.folder
    # Cleared, it hears what it is asked, and says nothing.
    server.answers = threading.Event()
    server.answers.set()
    # Seconds for 40 kB of an answer.
    server.pause = 0
    with served(project, server, f"http://127.0.0.1:{server.server_port}/{project.bare.name}"):
        try:
            yield server
        finally:
            server.answers.set()


@contextlib.contextmanager
def over_ssh(project):
    """Push and fetch over ssh from here on, as the user who runs the tests."""
    folder = project.folder / "ssh"
    folder.mkdir(mode=0o700)
    for key in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    shutil.copy(folder / "client.pub", folder / "authorized_keys")
    (folder / "sshd_config").write_text(
        f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized_keys\nPidFile none\n"
        # Nothing of the system's: neither its PAM nor its idea of who may write to /tmp.
        "UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nStrictModes no\n")
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Login)
    server.command = [find_sshd(), "-i", "-f", folder / "sshd_config", "-E", folder / "log"]
    port = server.server_address[1]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    (folder / "config").write_text(
        f"IdentityFile {folder}/client\nIdentitiesOnly yes\nIdentityAgent none\nBatchMode yes\n"
        f"UserKnownHostsFile {folder}/known_hosts\nStrictHostKeyChecking yes\n")
    project.environment["GIT_SSH_COMMAND"] = f"ssh -F {folder}/config"
    me = pwd.getpwuid(os.geteuid()).pw_name
    with served(project, server, f"ssh://{me}@127.0.0.1:{port}{project.bare}"):
        yield


@contextlib.contextmanager
def served(project, server, url):
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    project.git("remote", "set-url", "origin", url)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def find_sshd():
    """Absolute, for sshd starts itself anew for each connection."""
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if not sshd and os.geteuid():
        pytest.skip("no sshd here, and only root can install it: scripts/setup")
    assert sshd, "sshd is missing: scripts/setup installs it"
    if os.geteuid() == 0:
        # Where root's sshd locks up the half that talks to strangers. Empty, and gone with the next boot.
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    return sshd


class Login(socketserver.BaseRequestHandler):
    """One connection, one sshd: no port to guess and no start to wait for, as inetd has done since 1986."""

    def handle(self):
        subprocess.run(self.server.command, stdin=self.request, stdout=self.request)


class Backend(http.server.BaseHTTPRequestHandler):
    """`git http-backend`, and so receive-pack and the hooks, with the variables of CGI and no other: no PATH, no HOME."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        body = self.body()
        self.server.answers.wait()
        variables = {
            "GIT_PROJECT_ROOT": str(self.server.root), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "scientist",
            "REMOTE_ADDR": self.client_address[0], "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run([shutil.which("git"), "http-backend"], input=body, env=variables, capture_output=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200").split()[0]) if fields else 500)
        for name, value in {**fields, "Content-Length": len(content)}.items():
            self.send_header(name, value)
        # Nobody may be there any more.
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            for start in range(0, len(content), 40_000):
                time.sleep(self.server.pause)
                self.wfile.write(content[start:start + 40_000])

    do_POST = do_GET

    def body(self):
        """What git sends: of known length, or in chunks when it is large."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def log_message(self, *_):
        pass

"""Who is told: a web server that is posted to, and mail servers. Both on loopback, and they remember all they were told."""

import email
import email.policy
import http.server
import json
import pathlib
import queue
import ssl
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from mlflow_servers import certificate, free_port


class Post:
    """One post as it came."""

    def __init__(self, headers, body):
        self.headers, self.body, self.said = headers, body, json.loads(body)

    def __getitem__(self, key):
        return self.said[key]


class WebReceiver:
    """Takes posts; or answers what it was told to: statuses in turn, each once, with headers and a body for those."""

    def __init__(self):
        self.posts, self.news, self.answers = [], queue.Queue(), []
        # Called with each post before it is answered.
        self.heard = lambda post: None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def next(self, seconds=60):
        """The next post that nobody has asked for yet."""
        return self.news.get(timeout=seconds)

    def handler(receiver):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                post = Post(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                receiver.posts.append(post)
                receiver.heard(post)
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                receiver.news.put(post)
                self.send_response(status)
                body = f"status {status}".encode()
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


class Mail:
    """One mail as it came, and what it was sent by."""

    def __init__(self, envelope, session):
        self.sender, self.recipients, self.raw = envelope.mail_from, envelope.rcpt_tos, envelope.content
        self.message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.is_encrypted = session.ssl is not None
        self.commands = [
            command.replace(b"\0", b" ").decode(errors="replace")
            for command in map(quietly, pathlib.Path("/proc").glob("[0-9]*/cmdline"))
            if b"curl" in command]

    @property
    def text(self):
        return self.message.get_content()


def quietly(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


class MailReceiver:
    """Takes mail for everybody; refusals are given by recipient, temporary ones as often as listed.

    `way` is `plain`, `starttls` or `smtps`; the latter two by a certificate in `folder`."""

    def __init__(self, folder, way="plain", login=None):
        self.mails, self.news, self.refusals = [], queue.Queue(), {}
        self.way, self.login, self.logins = way, login, []
        self.certificate = certificate(folder) if way != "plain" else None
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.certificate.with_suffix(".key"))
        options = {"starttls": {"tls_context": context, "require_starttls": True}, "smtps": {"ssl_context": context}}
        auth = {"authenticator": self.authenticate, "auth_required": True, "auth_require_tls": way == "starttls"} if login else {}
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=60, **options.get(way, {}), **auth)
        self.controller.start()

    @property
    def url(self):
        return f"{'smtps' if self.way == 'smtps' else 'smtp'}://127.0.0.1:{self.controller.port}"

    def close(self):
        self.controller.stop()

    def next(self, seconds=60):
        return self.news.get(timeout=seconds)

    def authenticate(self, server, session, envelope, mechanism, data):
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        return AuthResult(success=given == self.login)

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusals = self.refusals.get(address, [])
        if refusals:
            return refusals[0] if len(refusals) == 1 and refusals[0].startswith("5") else refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = Mail(envelope, session)
        self.mails.append(mail)
        self.news.put(mail)
        return "250 OK"

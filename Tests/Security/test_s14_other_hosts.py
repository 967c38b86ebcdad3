"""A page of somebody else's site, opened in the browser of an operator, reads nothing of the daemon by a name that points to it."""

import http.client
import json
import socket
import urllib.parse

import pytest

from attacks import pipeline

URL = "https://ci.example.org/"


@pytest.fixture(scope="module")
def project(attacked_once):
    project = attacked_once({"pipelines/dev.yml": pipeline({"hello": "true"})}, options=("--url", URL))
    project.branch("feature/x")
    project.push("feature/x")
    project.run_once(branch="feature/x")
    return project


def port(project):
    return urllib.parse.urlsplit((project.home / "address").read_text()).port


def ask(project, *lines, body=b""):
    """What the daemon answers to such a head: its status, and the whole text."""
    with socket.create_connection(("127.0.0.1", port(project)), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read().decode()


# Name → head of a request; PORT is the daemon's.
ATTACKS = {
    "another-name": ["GET /api/runs HTTP/1.1", "Host: evil.example"],
    # Not listed.
    "with-the-port": ["GET /api/runs HTTP/1.1", "Host: evil.example:PORT"],
    "begins-like-loopback": ["GET /api/runs HTTP/1.1", "Host: 127.0.0.1.evil.example:PORT"],
    "begins-like-localhost": ["GET /api/runs HTTP/1.1", "Host: localhost.evil.example"],
    "ends-like-ours": ["GET /api/runs HTTP/1.1", "Host: evilci.example.org"],
    "below-ours": ["GET /api/runs HTTP/1.1", "Host: x.ci.example.org"],
    "user-in-it": ["GET /api/runs HTTP/1.1", "Host: localhost@evil.example"],
    "absolute-target": ["GET http://evil.example/api/runs HTTP/1.1", "Host: 127.0.0.1:PORT"],
    "two-hosts": ["GET /api/runs HTTP/1.1", "Host: 127.0.0.1:PORT", "Host: evil.example"],
    "two-hosts-other-order": ["GET /api/runs HTTP/1.1", "Host: evil.example", "Host: 127.0.0.1:PORT"],
    "no-host": ["GET /api/runs HTTP/1.1"],
    "empty-host": ["GET /api/runs HTTP/1.1", "Host: "],
    "old-http": ["GET /api/runs HTTP/1.0", "Host: evil.example"],
    "forwarded": ["GET /api/runs HTTP/1.1", "Host: evil.example", "X-Forwarded-Host: 127.0.0.1:PORT"],
    "a-page": ["GET / HTTP/1.1", "Host: evil.example"],
    "a-log": ["GET /api/runs/1/steps/hello/log HTTP/1.1", "Host: evil.example"],
    "a-number": ["GET /api/runs HTTP/1.1", "Host: 10.0.0.1:PORT"],
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_name_that_is_not_ours_reads_nothing(project, name):
    """CASES: S14"""
    status, text = ask(project, *(line.replace("PORT", str(port(project))) for line in ATTACKS[name]))
    assert status in (400, 421), (status, text[:200])
    assert "feature/x" not in text and "hello" not in text


def test_a_webhook_to_another_name_is_not_heard(project):
    """CASES: S14, for what does something: a post that a page of somebody else sends"""
    body = b'{"ref": "refs/heads/main"}'
    status, _ = ask(project, "POST /hooks/shop HTTP/1.1", "Host: evil.example", "Content-Type: text/plain",
                    f"Content-Length: {len(body)}", body=body)
    assert status == 421


@pytest.mark.parametrize("host", [
    "127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT", "127.0.0.1", "LOCALHOST", "ci.example.org", "CI.example.org:443"])
def test_our_own_names_are_served(project, host):
    """What the attacks above rely on."""
    status, text = ask(project, "GET /api/runs HTTP/1.1", f"Host: {host.replace('PORT', str(port(project)))}")
    assert status == 200 and json.loads(text)[0]["branch"] == "feature/x"

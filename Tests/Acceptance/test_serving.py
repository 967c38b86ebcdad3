"""A daemon that cannot be reached says why, and ends."""

import contextlib
import socket
import subprocess

import pytest


@pytest.fixture
def serve(binaries, tmp_path):
    """Runs `espalier serve` where it has to end by itself; its exit code, standard output and standard error."""

    def run(*options, home=tmp_path / "home"):
        return subprocess.run(
            [binaries / "espalier", "serve", "--home", home, *map(str, options)], text=True, capture_output=True, timeout=60)

    return run


@contextlib.contextmanager
def taken_port(host="127.0.0.1"):
    with socket.socket() as other:
        other.bind((host, 0))
        other.listen()
        yield other.getsockname()[1]


def refused(done, sentence):
    assert done.returncode == 1 and sentence in done.stderr and not done.stdout, done
    # One sentence, nothing of Foundation's or NIO's.
    assert done.stderr.count("\n") == 1 and "Domain" not in done.stderr and "descriptor" not in done.stderr, done.stderr


def test_a_port_that_is_taken_ends_the_daemon(serve, tmp_path):
    """CASES: G11"""
    with taken_port() as port:
        refused(serve("--port", port), f"cannot listen on 127.0.0.1:{port}: another program uses this port; stop it, or "
                "choose another with --port")
    assert not (tmp_path / "home/address").exists()


def test_a_port_that_is_taken_has_nothing_begun(watch):
    """CASES: G11. What another daemon would have done is left to the one that can be reached."""
    project = watch(adopt=False)
    project.adopt()
    project.branch("feature/x")
    project.push("feature/x")
    with taken_port() as port:
        done = project.espalier("serve", "--port", port)
    assert done.returncode == 1 and "cannot listen" in done.stderr
    assert project.query("SELECT count(*) FROM run") == [(0,)]
    project.serve()
    project.run_once(branch="feature/x")


@pytest.mark.parametrize("port", ["70000", "65536", "-1", "http"])
def test_what_is_no_port_is_wrong_usage(serve, port):
    """CASES: G11"""
    done = serve(f"--port={port}")
    assert done.returncode == 64 and "--port" in done.stderr and "up to 65535" in done.stderr, done.stderr


@pytest.mark.parametrize("host, reason", [
    ("203.0.113.1", "this machine has no such address; choose one of its own with --host"),
    ("nowhere.invalid", "no address is known for this name; choose another with --host"),
])
def test_an_address_that_is_not_the_machines_ends_the_daemon(serve, host, reason):
    """CASES: G11"""
    refused(serve("--port", 0, "--host", host), f"cannot listen on {host}:0: {reason}")


def test_a_home_below_a_file_is_refused(serve, tmp_path):
    (tmp_path / "file").write_text("")
    refused(serve("--port", 0, home=tmp_path / "file/home"), f"cannot make the folder {tmp_path}/file/home: Not a directory; choose another")
    refused(serve("--port", 0, home=tmp_path / "file"), f"cannot make the folder {tmp_path}/file: File exists; choose another")


@pytest.mark.parametrize("name, sentence", [
    ("socket", "cannot put the daemon's socket at {}, remove what is there: Is a directory"),
    ("address", "cannot write {}: Is a directory"),
])
def test_a_folder_in_the_place_of_a_file_is_named(serve, tmp_path, name, sentence):
    folder = tmp_path / "home" / name
    folder.mkdir(parents=True)
    done = serve("--port", 0)
    assert done.returncode == 1 and sentence.format(folder) in done.stderr, done.stderr


def test_an_ipv6_address_is_written_as_urls_want_it(watch):
    project = watch(adopt=False)
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        project.serve("--host", "::1")
        assert (project.home / "address").read_text().startswith("http://[::1]:")
        return
    pytest.skip("this machine has no IPv6")

"""Attacks on whole daemons: `python -m pytest Tests/Security`. The programs are those of Tests/Acceptance, and so are the fixtures.

As root, `attacked` runs each attack against a daemon of root and against one of another user; as an ordinary user, against its own.
"""

import importlib.util
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import types

import pytest

ACCEPTANCE = pathlib.Path(__file__).resolve().parents[1] / "Acceptance/conftest.py"
spec = importlib.util.spec_from_file_location("acceptance_conftest", ACCEPTANCE)
acceptance = importlib.util.module_from_spec(spec)
spec.loader.exec_module(acceptance)
binaries, watch, watch_all, espalier = (getattr(acceptance, name) for name in ("binaries", "watch", "watch_all", "espalier"))

from attacks import Attacked  # noqa: E402

ANOTHER = "espalier-tests"


@pytest.fixture(scope="module", params=["this-user", "another-user"])
def attacked(request, binaries):
    """Makes watched projects to attack, with the canaries of `attacks.Attacked`; their daemons end with the file's tests."""
    yield from open_all(binaries, another_user(binaries) if request.param == "another-user" else None)


@pytest.fixture(scope="module")
def attacked_once(binaries):
    """Like `attacked`, only as who runs the tests: for attacks that do not care who the daemon is."""
    yield from open_all(binaries, None)


def open_all(binaries, user):
    made = []

    def make(files=None, **options):
        project = Attacked(tempfile.mkdtemp(prefix="attack-", dir="/tmp"), binaries, user)
        made.append(project)
        project.begin(files, **options)
        return project

    yield make
    for project in made:
        project.close()
        # Python's own removal fails in folders as deep as some attacks make them.
        subprocess.run(["rm", "-rf", project.folder], capture_output=True)


def another_user(binaries):
    """A user without any rights: one of the system where it can be added, else only a number."""
    if os.geteuid():
        pytest.skip(f"uid {os.geteuid()} cannot run a daemon as another user: only root can")
    if shutil.which("useradd"):
        subprocess.run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ANOTHER], capture_output=True)
    try:
        entry = pwd.getpwnam(ANOTHER)
        user = types.SimpleNamespace(uid=entry.pw_uid, gid=entry.pw_gid)
    except KeyError:
        user = types.SimpleNamespace(uid=64_321, gid=64_321)
    tried = subprocess.run([*Attacked.becoming(user), binaries / "espalier", "--version"], capture_output=True, text=True, cwd="/")
    if tried.returncode:
        pytest.skip(f"uid {user.uid} cannot run {binaries}/espalier: {tried.stderr.strip()}")
    return user


# One attack a line that still succeeds: the test is expected to fail, and fails the suite once it does not. One with "! " before it
# is not run, for it would keep the daemon from the tests behind it.
OPEN = {line for line in pathlib.Path(__file__).with_name("open.txt").read_text().splitlines() if line and not line.startswith("#")}


def pytest_collection_modifyitems(items):
    for item in items:
        name = item.nodeid.removeprefix("Tests/Security/")
        if name in OPEN or f"! {name}" in OPEN:
            item.add_marker(pytest.mark.xfail(reason="still succeeds: docs/security.md", strict=True, run=name in OPEN))

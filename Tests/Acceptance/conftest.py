"""Whole daemons, driven as a user drives them: `python -m pytest Tests/Acceptance`, with the project's virtual environment.

The programs are those in the folder `ESPALIER_BIN`, else in `.build/debug`.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(pathlib.Path(__file__).parent)]

from watched import Watched  # noqa: E402

# Begin with the files that take longest, so that no worker of pytest-xdist is left alone with one at the end.
LONGEST = ("test_init.py", "test_documents.py", "test_scenarios.py", "test_signatures.py", "test_ledger.py", "test_registries.py",
           "test_promotion.py", "test_notices.py", "test_forges.py", "test_infrastructure.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def binaries():
    folder = pathlib.Path(os.environ.get("ESPALIER_BIN") or ROOT / ".build/debug").resolve()
    for program in ("espalier", "espalier-minder", "espalier-hook"):
        if not os.access(folder / program, os.X_OK):
            pytest.exit(f"{folder / program} is missing: `swift build`, or name the folder in ESPALIER_BIN", 4)
    return folder


@pytest.fixture
def watch(binaries):
    """Makes projects that are pushed to and watched; their daemons end with the test."""
    yield from open_all(binaries)


@pytest.fixture(scope="module")
def watch_all(binaries):
    """Like `watch`, for all tests of a file."""
    yield from open_all(binaries)


def open_all(binaries):
    made = []

    def make(files=None, adopt=True, **options):
        # Short, for a unix socket lies in it; and gone afterwards, even where a step's layer belongs to another user.
        project = Watched(tempfile.mkdtemp(prefix="accept-", dir="/tmp"), binaries)
        made.append(project)
        project.begin(files, adopt, **options)
        return project

    yield make
    for project in made:
        project.close()
        shutil.rmtree(project.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def espalier(binaries):
    """Runs one `espalier` command; its exit code, standard output and standard error."""

    def run(*arguments, cwd=None, home="/nonexistent", stdin="", env={}):
        return subprocess.run(
            [binaries / "espalier", *map(str, arguments)], cwd=cwd, text=True, capture_output=True, input=stdin,
            env={**os.environ, "ESPALIER_HOME": str(home), **env},
        )

    return run

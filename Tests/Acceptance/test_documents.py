"""What the documents promise: links lead somewhere, and the tour works when typed."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("pipelines/*.md")])


def at_a_persons_pace(script):
    """What is typed by a person comes a moment later: a run has been planned, a change has landed, a killed daemon is gone."""
    script = re.sub(r"^espalier runs (\d+) --wait", r"until espalier runs \1 >/dev/null 2>&1; do sleep 0.1; done; \g<0>", script, flags=re.M)
    script = re.sub(r"^espalier changes$", r"until espalier changes | grep -q merged; do sleep 0.1; done; \g<0>", script, flags=re.M)
    return re.sub(r"^kill -9 \$!", r"\g<0>; wait $! || true", script, flags=re.M)


def test_the_tour_works_when_typed(tmp_path_factory, binaries):
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert len(blocks) >= 8
    folder = pathlib.Path("/tmp") / f"esp-tour-{os.getpid()}"
    script = "set -e\n" + "\n".join(blocks)
    # What is built is what is tested, and two tours do not meet in one place.
    script = script.replace("scripts/setup && swift build", "true").replace("$PWD/.build/debug", str(binaries))
    script = script.replace("/tmp/tour", str(folder)).replace("espalier serve", "espalier serve --port 0")
    script = at_a_persons_pace(script)
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "A tourist", "GIT_AUTHOR_EMAIL": "t@example.org",
                   "GIT_COMMITTER_NAME": "A tourist", "GIT_COMMITTER_EMAIL": "t@example.org"}
    try:
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environment, text=True, capture_output=True, timeout=1800)
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed[-4000:]
        for sight in ["run 1: dev in dev, passed", "merged as", "decision 1", "promoted", "nothing that it reads has changed since run 1", "unit-tests: passed", "Promoted: there is no champion yet",
                      "next ", r"run \d+: inference in prod, passed", "environments/prod.yml:", "release runs in prod", r"did you mean 'needs'\?"]:
            assert re.search(sight, printed), f"{sight!r} is missing in\n{printed[-6000:]}"
    finally:
        subprocess.run(["pkill", "-f", f"espalier-minder --dir {folder}"])
        subprocess.run(["rm", "-rf", str(folder)])


DEVELOPMENT = (ROOT / "docs/development.md").read_text()


def test_what_development_shows_works_when_typed(binaries):
    """A daemon of one's own, its minder, a minder by hand, the store."""
    assert shutil.which("sqlite3"), "scripts/setup --for-tests installs sqlite3"
    folder = pathlib.Path("/tmp") / f"esp-dev-{os.getpid()}"
    script = "set -e\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n" + "\n".join(re.findall(r"```sh\n(.*?)```", DEVELOPMENT, re.S))
    script = script.replace("$PWD/.build/debug", str(binaries)).replace("/tmp/dev", str(folder))
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "A developer", "GIT_AUTHOR_EMAIL": "d@example.org",
                   "GIT_COMMITTER_NAME": "A developer", "GIT_COMMITTER_EMAIL": "d@example.org"}
    try:
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environment, text=True, capture_output=True, timeout=300)
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed[-4000:]
        for sight in ["run 1: wait in dev, passed", "exited 0", "hello\nexited 3", "step_fact", r"1\|push\|20", r'wait\|\{.*"rows"', "sh -c echo waiting"]:
            assert re.search(sight, printed), f"{sight!r} is missing in\n{printed[-6000:]}"
        assert not folder.exists()
    finally:
        subprocess.run(["pkill", "-f", f"espalier-minder --dir {folder}"])
        subprocess.run(["rm", "-rf", str(folder)])


def test_the_tests_that_development_names_are_there():
    commands = re.findall(r"^\| .* \| `([^`]+)` \|$", DEVELOPMENT, re.M)
    assert len(commands) == 5
    for command in commands:
        for path in re.findall(r"\S+\.py", command):
            assert [place for place in (ROOT / path, ROOT / "pipelines" / path) if place.exists()], command
    swift = re.search(r"--filter (\w+)", commands[0])[1]
    assert any(f"struct {swift} " in path.read_text() for path in ROOT.glob("Tests/*Tests/*.swift")), swift
    story = re.search(r"-k (\w+)", commands[3])[1]
    assert (ROOT / "Tests/Acceptance/scenarios" / story / "scenario.yml").exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    targets = re.findall(r"\]\(([^)#]+)\)", document.read_text())
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert missing == []

"""However much a step leaves, the step fails by name: the daemon neither dies of it, nor at its next start, nor grows."""

import signal
import urllib.request

import pytest

from attacks import STARTED, log_of_attack, pipeline

# What a daemon of a small machine has. Threads take address space, too: this is not what it uses.
LIMITS = "ulimit -v 6000000"
# Of a page, and of a record, in bytes; of the daemon's memory, in kB.
# A step whose leftovers take longer than this many seconds to look at holds up the others.
WITHIN = 30
PAGE, RECORD, GROWN = 2_000_000, 4_000_000, 300_000

# Name → keys of the step.
ATTACKS = {
    # Listed.
    "values-without-end": {"run": "truncate -s 20G $ESPALIER_OUTPUT"},
    "monitor": {"run": "truncate -s 20G $ESPALIER_OUTPUTS/monitor.json", "outputs": ["monitor"], "monitor": "monitor"},
    "many-values": {"run": "seq 50000 | sed 's/.*/key&=value/' > $ESPALIER_OUTPUT"},
    "long-value": {"run": "(printf 'key='; head -c 120000000 /dev/zero | tr '\\0' x) > $ESPALIER_OUTPUT"},
    # Not listed.
    "junit": {"run": "truncate -s 20G $ESPALIER_OUTPUTS/junit.xml; exit 1", "outputs": ["junit"], "tests": "junit"},
    "junit-that-grows": {"run": "python3 entities.py > $ESPALIER_OUTPUTS/junit.xml; exit 1", "outputs": ["junit"], "tests": "junit"},
    "deep-report": {"run": "python3 -c 'print(\"[\" * 200000)' > $ESPALIER_OUTPUTS/monitor.json", "outputs": ["monitor"],
                    "monitor": "monitor"},
    "long-line-of-log": {"run": "head -c 60000000 /dev/zero | tr '\\0' x; exit 3"},
    "log-of-zeros": {"run": "head -c 60000000 /dev/zero; exit 3"},
    "values-within-limits": {"run": "(printf 'key='; head -c 1000000 /dev/zero | tr '\\0' '<') > $ESPALIER_OUTPUT"},
    "many-files": {"run": "mkdir $ESPALIER_OUTPUTS/table; cd $ESPALIER_OUTPUTS/table; seq 20000 | xargs touch", "outputs": ["table"],
                   "inputs": ["**"]},
    "sparse-output": {"run": "truncate -s 20G $ESPALIER_OUTPUTS/table.bin", "outputs": ["table"], "inputs": ["**"]},
    "deep-folders": {"run": "mkdir $ESPALIER_OUTPUTS/table && python3 deep.py $ESPALIER_OUTPUTS/table", "outputs": ["table"]},
    "endless-device": {"run": "rm -f $ESPALIER_OUTPUT; ln -s /dev/zero $ESPALIER_OUTPUT; ln -s /dev/zero $ESPALIER_OUTPUTS/monitor.json",
                       "outputs": ["monitor"], "monitor": "monitor"},
    "dataset-names": {"run": "seq 900 | sed 's/.*/dataset.d&=v/' > $ESPALIER_OUTPUT"},
}
ENTITIES = """\
print('<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a0 "aaaaaaaaaa">')
for n in range(1, 12):
    print(f'<!ENTITY a{n} "{("&a%d;" % (n - 1)) * 10}">')
print(']><testsuite><testcase name="&a11;"><failure/></testcase></testsuite>')
"""
DEEP = "import os, sys\nos.chdir(sys.argv[1])\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')\n"
QUARANTINE = "name: shop\ndefault_branch: main\nquarantine:\n  - { test: 't::one', until: 2099-01-01, reason: flaky }\n"


@pytest.fixture(scope="module")
def project(attacked_once):
    return attacked_once({"environments/project.yml": QUARANTINE, "entities.py": ENTITIES, "deep.py": DEEP}, limits=LIMITS)


def memory(project):
    with open(f"/proc/{project.daemon.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.mark.parametrize("name", ATTACKS)
def test_too_much_is_the_steps_failure(project, name):
    """CASES: S9"""
    if project.daemon is None:
        project.serve()
    before = memory(project)
    commit = project.branch(f"feature/{name}", {"pipelines/dev.yml": pipeline({"attack": ATTACKS[name]})})
    try:
        project.push(f"feature/{name}")
        number = project.until(lambda: project.runs(commit=commit), "it runs")[0]["id"]
        run = project.until(lambda: (it := project.now(number))["run"]["outcome"] not in ("queued", "running") and it, "it ends",
                            seconds=WITHIN)
        assert memory(project) < before + GROWN, "the daemon has grown"
        assert_bounded(project, number)
        project.end(signal.SIGKILL)
        project.serve()
        assert_bounded(project, number)
        assert memory(project) < before + GROWN, "the daemon grows at its start"
    finally:
        # One that has died keeps no other attack from being tried, on a home of its own where it does not start again.
        if project.daemon and project.daemon.poll() is not None:
            project.daemon = None
    log = project.espalier("logs", number, "attack").stdout[:10_000]
    detail = run["steps"]["attack"].get("detail") or ""
    assert STARTED in log, run
    if name in ("values-without-end", "monitor", "many-values", "long-value", "endless-device", "deep-report"):
        assert run["steps"]["attack"]["state"] == "failed", run["steps"]["attack"]
        assert any(word in detail + log for word in ("OUTPUT", "monitor")), detail


def assert_bounded(project, number):
    """A page and a record of an ordinary size, and soon."""
    address = (project.home / "address").read_text()
    for page, most in ((f"runs/{number}", PAGE), (f"api/runs/{number}", RECORD), ("", PAGE), ("api/runs", RECORD)):
        with urllib.request.urlopen(address + page, timeout=20) as answer:
            assert len(answer.read(most + 1)) <= most, page


def test_the_daemon_goes_on(project):
    """CASES: S9"""
    if project.daemon is None:
        project.serve()
    commit = project.branch("feature/after", {"pipelines/dev.yml": pipeline({"attack": "true"})})
    project.push("feature/after")
    run = project.run_once(commit=commit)
    assert run["run"]["outcome"] == "passed" and STARTED in log_of_attack(project, run)
    assert project.espalier("gc", "--keep-days", "0").returncode == 0
    left = [path for path in (project.home / "scratch").rglob("*") if path.is_file() and path.stat().st_size > 1 << 30]
    assert left == [], "what was too much is still there"

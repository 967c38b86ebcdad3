"""A variable of a pipeline reaches the command, and no program that runs before it: neither the sandbox nor the minder.

The attack's library writes to a folder of the host. Inside a sandbox it cannot; whoever loads it outside does."""

import shutil
import subprocess

import pytest

from attacks import assert_not_robbed, attempt, log_of_attack, pipeline
from on_forge import change, on_forge

# Says that it was loaded where no step may write. Also a sane auditing library, for LD_AUDIT asks.
LIBRARY = """\
#include <stdio.h>
#include <stdlib.h>
static void say(const char *path) { FILE *file = fopen(path, "w"); if (file) { fputs("loaded\\n", file); fclose(file); } }
__attribute__((constructor)) static void load(void) { say("HOST/library"); }
unsigned int la_version(unsigned int version) { return version; }
"""
RUNS_FORKS = "branches: [main]\nprotected: true\ngate: { approvals: 0, forks: run }\n"
PROGRAM = "#!/bin/sh\necho run > HOST/program\n"

# Name of the attack → variables of the step. $HOST is a folder of the host.
VARIABLES = {
    # Listed.
    "preload": {"LD_PRELOAD": "./x.so"},
    # Not listed: other names for the same, other ways to say the name, and ways to end a list of arguments.
    "audit": {"LD_AUDIT": "./x.so"},
    "library-path": {"LD_LIBRARY_PATH": "./lib"},
    "path": {"PATH": ".:/usr/bin:/bin"},
    "reported": {"LD_PRELOAD": "${steps.report.outputs.library}"},
    "equals-in-the-name": {"LD_PRELOAD=./x.so:": "x"},
    "line-in-the-value": {"HARMLESS": "1\nLD_PRELOAD=./x.so"},
    "nul-in-the-value": {"HARMLESS": "1\0LD_PRELOAD=./x.so\0--bind\0/\0/"},
    "option-in-the-name": {"--bind / / LD_PRELOAD": "./x.so"},
    "shell": {"BASH_ENV": "./program", "ENV": "./program", "BASH_FUNC_echo%%": "() { ./program; }"},
}


@pytest.fixture(scope="module")
def project(attacked):
    return attacked()


@pytest.fixture(scope="module")
def library(project, tmp_path_factory):
    return libraries(project, tmp_path_factory.mktemp("library"))


def libraries(project, folder):
    """One to be loaded beside others, and some to be loaded in place of bubblewrap's own."""

    def built(name, more=""):
        (folder / "x.c").write_text(LIBRARY.replace("HOST", str(project.host)) + more)
        subprocess.run(["cc", "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", folder / name, folder / "x.c"], check=True)
        return (folder / name).read_bytes()

    wanted = subprocess.run(["nm", "-D", "--undefined-only", shutil.which("bwrap")], text=True, capture_output=True, check=True).stdout
    names = {line.split()[-1].split("@")[0] for line in wanted.splitlines() if line.split()[0] == "U" and "@GLIBC" not in line}
    stubs = "".join(f"long {name}(void) {{ return 0; }}\n" for name in sorted(names))
    replaced = ("libselinux.so.1", "libcap.so.2")
    return {"x.so": built("x.so"), **{f"lib/{name}": built(name, stubs) for name in replaced}}


def whatever_is_pointed_to(project, library):
    program = PROGRAM.replace("HOST", str(project.host))
    return {**library, "program": program, **{name: program for name in ("bwrap", "mount", "env")}}


def push(project, library, name, changed):
    project.git("checkout", "--quiet", "-B", f"feature/{name}", "main")
    for path, content in whatever_is_pointed_to(project, library).items():
        project.write(path, content)
    project.call("chmod", "+x", "program", "bwrap", "mount", "env", cwd=project.work)
    return attempt(project, f"feature/{name}", changed, "LD_", "HARMLESS", "PATH", "env", start="HEAD")


def assert_nothing_outside(project):
    """What was written may be another attack's, and is not kept for the next."""
    written = [path.name for path in project.host.iterdir()]
    for name in written:
        (project.host / name).unlink()
    assert written == [], "code of the branch ran outside of its sandbox"


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_of_a_step_loads_nothing_outside_of_the_sandbox(project, library, name):
    """CASES: S1"""
    steps = {"report": 'echo library=./x.so >> "$ESPALIER_OUTPUT"',
             "attack": {"needs": ["report"], "run": "true", "env": VARIABLES[name]}}
    run = push(project, library, name, {"pipelines/dev.yml": pipeline(steps)})
    if run:
        log_of_attack(project, run)
    assert_nothing_outside(project)
    assert_not_robbed(project, run)


@pytest.mark.parametrize("name", ["preload", "library-path"])
def test_a_variable_of_an_environment_does_not_either(project, library, name):
    """CASES: S1, by a file of the branch's environment instead"""
    lines = "".join(f"  {key}: '{value}'\n" for key, value in VARIABLES[name].items())
    run = push(project, library, f"environment-{name}", {
        "environments/dev.yml": f'branches: ["feature/**"]\nenv:\n{lines}', "pipelines/dev.yml": pipeline({"attack": "true"})})
    if run:
        log_of_attack(project, run)
    assert_nothing_outside(project)


def test_a_variable_of_a_forks_change_does_not_either(attacked_once, tmp_path):
    """CASES: S1, in a fork's change"""
    with on_forge(attacked_once, "gitea", files={"environments/staging.yml": RUNS_FORKS}) as project:
        steps = {"attack": {"run": "true", "env": VARIABLES["preload"]}}
        files = {"pipelines/change.yml": pipeline(steps, on="change: { target: main, environment: dev }")}
        pull = project.forge.open({**libraries(project, tmp_path), **files}, fork=True)
        project.forge.tell("opened", pull)
        project.until(lambda: (it := change(project, pull)) and it["outcome"] in ("merged", "rejected"), "it is decided")
        runs = [project.detail(number) for number in change(project, pull)["runs"]]
        tried = [log_of_attack(project, run) for run in runs if "attack" in run["steps"]]
        assert tried or "LD_PRELOAD" in change(project, pull)["reason"]
        assert_nothing_outside(project)


def test_a_variable_reaches_its_command(project):
    """What the attacks above rely on: a variable, whatever its name, is the command's."""
    steps = {"attack": {"run": 'echo "$LD_HARMLESS $PLAIN"', "env": {"LD_HARMLESS": "one", "PLAIN": "two words"}}}
    run = attempt(project, "feature/plain", {"pipelines/dev.yml": pipeline(steps)}, "LD_HARMLESS")
    assert run and "one two words" in log_of_attack(project, run)

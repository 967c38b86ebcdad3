"""A project of one's own: started, built up to prod, and brought up to date with its template."""

import importlib.util
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys

import pytest

from story import ROOT, Story
from test_documents import at_a_persons_pace

AUTHOR = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A founder", "GIT_AUTHOR_EMAIL": "founder@example.org",
          "GIT_COMMITTER_NAME": "A founder", "GIT_COMMITTER_EMAIL": "founder@example.org"}
PYTHON = ROOT / ".venv/project/bin"


@pytest.fixture(scope="module")
def run(binaries):
    """Runs `espalier` as somebody whom Git knows."""

    def run(*arguments, **environment):
        return subprocess.run([binaries / "espalier", *map(str, arguments)], text=True, capture_output=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, **AUTHOR, **environment})

    return run


def git(folder, *arguments, check=True):
    done = subprocess.run(["git", *map(str, arguments)], cwd=folder, text=True, capture_output=True, env={**os.environ, **AUTHOR})
    assert not check or done.returncode == 0, done
    return done.stdout.strip()


def write(folder, path, text):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


def change(folder, path, old, new):
    text = (folder / path).read_text()
    assert old in text
    (folder / path).write_text(text.replace(old, new))


# From nothing to prod


class Started(Story):
    """A project that was started by `init --yes`, with its daemon as its README has it started."""

    def __init__(self, folder, binaries):
        super().__init__(folder, binaries)
        self.work, self.bare = self.folder / "births", self.folder / "births.git"
        self.environment["PATH"] = f"{binaries}:{self.environment['PATH']}"
        self.pid = None

    def type_the_readme(self):
        """Every command of the page, but for installing what is installed here already, and for the integration tests, which the
        run of dev calls by the same command."""
        blocks = re.findall(r"```sh\n(.*?)```", (self.work / "README.md").read_text(), re.S)
        assert len(blocks) == 3
        script = re.sub(r"^(python3 -m venv .*|python -m pytest -q pipelines/tests/integration)$", "true", "\n".join(blocks), flags=re.M)
        script = script.replace("$PWD/.venv/server/bin/python", f"{ROOT}/.venv/server/bin/python").replace("espalier serve", "espalier serve --port 0")
        # The daemon answers before the first thing is asked of it.
        script = script.replace("git init --bare", "until [ -e $ESPALIER_HOME/address ]; do sleep 0.1; done; git init --bare")
        script = at_a_persons_pace(script)
        script = f"set -e\ntrap 'echo daemon ${{!:-0}}' EXIT\n{script}"
        with open(self.folder / "typed.log", "w") as log:
            done = subprocess.run(["bash", "-c", script], cwd=self.work, env=self.environment, stdout=log, stderr=subprocess.STDOUT, timeout=1800)
        said = (self.folder / "typed.log").read_text()
        self.pid = int(re.search(r"daemon (\d+)", said)[1])
        assert done.returncode == 0, said
        return said

    def until(self, condition, what, seconds=60):
        assert self.pid is None or pathlib.Path(f"/proc/{self.pid}").exists(), (self.work / "espalier.log").read_text()
        return super().until(condition, what, seconds)

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
            super().until(lambda: not pathlib.Path(f"/proc/{self.pid}").exists(), "the daemon ends")


@pytest.fixture(scope="module")
def started(binaries):
    folder = pathlib.Path("/tmp") / f"esp-init-{os.getpid()}"
    folder.mkdir()
    project = Started(folder, binaries)
    yield project
    try:
        project.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_started_project_goes_all_the_way_to_prod(started, run):
    done = run("init", "--yes", started.work)
    assert done.returncode == 0 and "README.md says what to do first" in done.stdout, done
    assert run("validate", started.work).stdout.startswith("births is valid: environments dev, prod, staging")
    assert git(started.work, "status", "--porcelain") == "" and git(started.work, "branch", "--show-current") == "main"

    said = started.type_the_readme()
    assert "births is valid" in said and re.search(r"\d+ passed", said) and "run 2: change in dev, passed" in said, said

    run_of_dev = started.run_of(started.git("rev-parse", "feature/first").strip(), "dev")
    assert run_of_dev["outcome"] == "passed"
    steps = {step["name"]: step["state"] for step in started.ask("runs", str(run_of_dev["id"]))["steps"]}
    assert steps["unit-tests"] == steps["integration-tests"] == steps["train"] == "passed"
    assert started.change_of(started.ask("changes")[0]["topic"])["outcome"] == "merged"
    assert started.run_of(started.tip("main"), "staging")["outcome"] == "passed"

    release = re.search(r"`(git fetch origin && git push [^`]*)`", (started.work / "README.md").read_text())[1]
    started.call("bash", "-ec", release, cwd=started.work)
    assert started.run_of(started.tip("release/1"), "release")["outcome"] == "passed"
    assert [decision["verdict"] for decision in started.ask("decisions")] == ["promoted"]
    champions = [model["name"] for model in started.ask("models") if "champion" in model["aliases"]]
    assert champions == ["births-risk"]
    assert {schedule["name"] for schedule in started.ask("schedules")} >= {"inference", "monitor"}


# Answers


def test_answers_of_a_file_go_into_the_environments(run, tmp_path):
    write(tmp_path, "a.yml", "name: care\nmodel: care-model\ndefault_branch: trunk\nrelease_branches: 'rel/*'\n"
                             "registry: https://mlflow.example.org\ndata: /srv/births.csv.gz\nforge: github\n")
    done = run("init", tmp_path / "p", "--answers", tmp_path / "a.yml", "--json")
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["commit"] == git(tmp_path / "p", "rev-parse", "trunk")
    resolved = json.loads(run("config", "prod", "--project", tmp_path / "p", "--json").stdout)
    assert resolved["name"] == "care" and resolved["branches"] == ["rel/*"] and resolved["datasets"]["births"] == "/srv/births.csv.gz"
    assert (resolved["registry"]["server"], resolved["registry"]["model"]) == ("https://mlflow.example.org", "care-model")
    assert (resolved["config"]["births"], resolved["config"]["dataset"]) == ("/srv/births.csv.gz", "natality2014")
    text = (tmp_path / "p/environments/project.yml").read_text()
    assert "# The base of every environment" in text and "# of pipelines/feature_mappings.yml" in text


@pytest.mark.parametrize("forge, file", [("github", ".github/workflows/espalier.yml"), ("gitea", ".gitea/workflows/espalier.yml"),
                                         ("gitlab", ".gitlab-ci.yml"), ("azure-devops", "azure-pipelines.yml")])
def test_a_forges_file_calls_espalier_and_nothing_else(run, tmp_path, forge, file):
    import yaml
    write(tmp_path, "a.yml", f"forge: {forge}\n")
    assert run("init", tmp_path / "p", "--answers", tmp_path / "a.yml").returncode == 0
    said = yaml.safe_load((tmp_path / "p" / file).read_text())
    commands = {
        "github": lambda: [step["run"] for step in said["jobs"]["check"]["steps"] if "run" in step],
        "gitea": lambda: [step["run"] for step in said["jobs"]["check"]["steps"] if "run" in step],
        "gitlab": lambda: said["check"]["script"],
        "azure-devops": lambda: [step["script"] for step in said["steps"] if "script" in step],
    }[forge]()
    assert commands == ["espalier validate", "espalier run change unit-tests integration-tests"]


def test_what_a_forges_file_calls_works(run, tmp_path, binaries):
    """But for the integration tests, which take a minute, and which the run of dev above passes."""
    assert run("init", "--yes", tmp_path / "p").returncode == 0
    home = f"/tmp/esp-ci-{os.getpid()}"
    for command in ["espalier validate", "espalier run change unit-tests"]:
        done = subprocess.run(command, shell=True, cwd=tmp_path / "p", text=True, capture_output=True, env={
            **os.environ, "PATH": f"{binaries}:{PYTHON}:{os.environ['PATH']}", "ESPALIER_HOME": home,
            "ESPALIER_MLFLOW_PYTHON": str(ROOT / ".venv/server/bin/python")}, timeout=300)
        assert done.returncode == 0, done
    shutil.rmtree(home, ignore_errors=True)


def test_bad_answers_are_all_told_and_nothing_is_written(run, tmp_path):
    write(tmp_path, "a.yml", "nmae: x\ndefault_branch: 'a b'\nforge: gitlba\nspark: maybe\n")
    done = run("init", tmp_path / "p", "--answers", tmp_path / "a.yml")
    assert done.returncode == 1 and not (tmp_path / "p").exists()
    for words in ["a.yml:1:1: nmae: unknown key (did you mean 'name'?)", "a.yml:2:17: default_branch:", "did you mean 'gitlab'?", "neither true nor false"]:
        assert words in done.stderr, done.stderr


def test_branches_that_collide_with_dev_are_refused(run, tmp_path):
    write(tmp_path, "a.yml", "release_branches: 'feature/**'\n")
    done = run("init", tmp_path / "p", "--answers", tmp_path / "a.yml")
    assert done.returncode == 1 and "overlaps 'feature/**' of environment 'dev'" in done.stderr and not (tmp_path / "p").exists()


def test_without_a_terminal_somebody_has_to_answer(run, tmp_path):
    done = run("init", tmp_path / "p")
    assert done.returncode == 64 and "--answers FILE, or --yes" in done.stderr


def typed(binaries, folder, text):
    """What `espalier init` says to somebody who types this at a terminal; its exit code."""
    here, there = pty.openpty()
    with subprocess.Popen([binaries / "espalier", "init", folder], stdin=there, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, **AUTHOR}) as process:
        os.write(here, text)
        said, _ = process.communicate(timeout=60)
    os.close(here), os.close(there)
    return process.returncode, said


def test_a_person_is_asked_until_the_answer_fits(binaries, tmp_path):
    code, said = typed(binaries, tmp_path / "p", b"no name\ncare\n\n\n\nmlflow\n\n\n\n\ngitlab\n")
    assert code == 0, said
    assert "Name of the project [p]: " in said and "'no name' is not a valid name" in said and "[care-risk]" in said
    assert "'mlflow' is neither embedded nor a URL" in said
    assert (tmp_path / "p/.gitlab-ci.yml").exists() and "name: care\n" in (tmp_path / "p/environments/project.yml").read_text()


def test_answers_that_end_early_write_nothing(binaries, tmp_path):
    code, said = typed(binaries, tmp_path / "p", b"care\n\x04")
    assert code == 1 and "the answers ended before 'model': nothing was written" in said and not (tmp_path / "p").exists()


# Folders


def test_nothing_is_ever_overwritten(run, tmp_path):
    write(tmp_path, "p/notes.txt", "mine")
    done = run("init", "--yes", tmp_path / "p")
    assert done.returncode == 1 and "is not empty (notes.txt)" in done.stderr
    assert [path.name for path in (tmp_path / "p").iterdir()] == ["notes.txt"]
    write(tmp_path, "file", "mine")
    assert "is a file: name a folder" in run("init", "--yes", tmp_path / "file").stderr


def test_a_fresh_clone_is_taken_and_one_with_commits_is_not(run, tmp_path):
    git(tmp_path, "init", "--bare", "--quiet", "bare.git")
    git(tmp_path, "clone", "--quiet", "bare.git", "work")
    assert run("init", "--yes", tmp_path / "work").returncode == 0
    git(tmp_path / "work", "push", "--quiet", "origin", "main")
    git(tmp_path / "work", "rm", "-r", "--quiet", ".")
    done = run("init", "--yes", tmp_path / "work")
    assert done.returncode == 1 and "has commits already" in done.stderr


def test_git_has_to_know_who_commits(binaries, tmp_path):
    git(tmp_path, "init", "--quiet", "p")
    git(tmp_path / "p", "config", "user.name", "")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run([binaries / "espalier", "init", "--yes", tmp_path / "p"], text=True, capture_output=True, env=environment)
    assert done.returncode == 1 and "git config --global user.name" in done.stderr
    assert [path.name for path in (tmp_path / "p").iterdir()] == [".git"]


def test_a_program_without_its_template_says_where_to_get_it(binaries, tmp_path):
    shutil.copy(binaries / "espalier", tmp_path / "espalier")
    done = subprocess.run([tmp_path / "espalier", "init", "--yes", tmp_path / "p"], text=True, capture_output=True, env={**os.environ, **AUTHOR})
    assert done.returncode == 1 and "lies beside the installed program" in done.stderr and "--template" in done.stderr


def test_the_template_is_the_reference_project_as_it_is(run, tmp_path):
    assert run("init", "--yes", tmp_path / "p").returncode == 0
    # A project starts with one model.
    further = {f"pipelines/{name}.yml" for name in ("low-weight", "release-low-weight", "inference-low-weight")}
    listed = [path for path in git(ROOT, "ls-files", "pipelines", "environments").splitlines() if path not in further]
    written = set(git(tmp_path / "p", "ls-files").splitlines())
    assert not written & further and "model: p-risk\n" in (tmp_path / "p/environments/project.yml").read_text()
    changed = {"environments/project.yml"}
    assert {path for path in listed if path not in changed and (ROOT / path).read_bytes() != (tmp_path / "p" / path).read_bytes()} == set()
    assert written - set(listed) >= {"README.md", ".gitignore", ".espalier-template"}
    assert not [path for path in written if "__pycache__" in path or path.endswith(".pyc")]


# Upgrades


@pytest.fixture
def older(run, tmp_path):
    """A template, and a project that was started from it."""
    template, project = tmp_path / "template", tmp_path / "project"
    for part in ("pipelines", "environments"):
        shutil.copytree(ROOT / part, template / part, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    assert run("init", "--yes", project, "--template", template).returncode == 0
    return template, project


def upgrade(run, template, project):
    done = run("upgrade", "--project", project, "--template", template, "--json")
    return done, json.loads(done.stdout) if done.stdout else None


def test_nothing_new_is_said(run, older):
    template, project = older
    done = run("upgrade", "--project", project, "--template", template)
    assert (done.returncode, done.stdout) == (0, "The template has no changes.\n")


def improve(template):
    """What a newer template brings: a changed line, a new file, a file less."""
    change(template, "pipelines/inference.yml", "timeout: 2h", "timeout: 3h")
    write(template, "pipelines/hrob/calibrate.py", '"""New."""\n')
    (template / "pipelines/hrob/nearest.py").unlink()


def test_an_upgrade_merges_what_both_sides_changed(run, older):
    template, project = older
    change(project, "environments/project.yml", "inverse_regularisation: 0.01", "inverse_regularisation: 0.5")
    write(project, "pipelines/hrob/mine.py", '"""Mine."""\n')
    git(project, "add", "--all"), git(project, "commit", "--quiet", "-m", "Mine")
    before = git(project, "rev-parse", "HEAD")
    improve(template)
    done, said = upgrade(run, template, project)
    assert done.returncode == 0 and said["conflicts"] == []
    # It is in the working tree, and nothing is committed.
    assert git(project, "rev-parse", "HEAD") == before and git(project, "rev-parse", "MERGE_HEAD") == said["template"]
    assert "timeout: 3h" in (project / "pipelines/inference.yml").read_text()
    assert (project / "pipelines/hrob/calibrate.py").exists() and not (project / "pipelines/hrob/nearest.py").exists()
    assert "inverse_regularisation: 0.5" in (project / "environments/project.yml").read_text() and (project / "pipelines/hrob/mine.py").exists()
    git(project, "commit", "--no-edit", "--quiet")
    assert git(project, "log", "-1", "--format=%s").startswith("Take what is new in the template of Espalier")
    assert git(project, "status", "--porcelain") == ""
    # The next upgrade begins where this one ended, in another clone, too.
    git(project.parent, "clone", "--quiet", project, "clone")
    change(template, "pipelines/inference.yml", "timeout: 3h", "timeout: 4h")
    for clone in (project, project.parent / "clone"):
        done, said = upgrade(run, template, clone)
        assert done.returncode == 0 and said["conflicts"] == [] and "timeout: 4h" in (clone / "pipelines/inference.yml").read_text()


def test_an_upgrade_follows_files_that_the_template_has_moved(run, older):
    """What a project changed in a file is found at the file's new place: the template moved it, and changed another line."""
    template, project = older
    change(project, "pipelines/hrob/train/search.py", '"trials": 10', '"trials": 11')
    git(project, "commit", "--quiet", "-a", "-m", "Mine")
    (template / "pipelines/hrob/search").mkdir()
    (template / "pipelines/hrob/train/search.py").rename(template / "pipelines/hrob/search/tpe.py")
    change(template, "pipelines/hrob/search/tpe.py", "MOST_EARLIER = 200", "MOST_EARLIER = 300")
    done, said = upgrade(run, template, project)
    assert done.returncode == 0 and said["conflicts"] == []
    merged = (project / "pipelines/hrob/search/tpe.py").read_text()
    assert '"trials": 11' in merged and "MOST_EARLIER = 300" in merged
    assert not (project / "pipelines/hrob/train/search.py").exists()


def test_a_conflict_is_told_and_can_be_undone(run, older):
    template, project = older
    change(project, "pipelines/inference.yml", "timeout: 2h", "timeout: 1h")
    git(project, "commit", "--quiet", "-a", "-m", "Mine")
    improve(template)
    done, said = upgrade(run, template, project)
    assert done.returncode == 1 and said["conflicts"] == ["pipelines/inference.yml"]
    text = (project / "pipelines/inference.yml").read_text()
    assert re.search(r"<<<<<<< .*timeout: 1h.*=======.*timeout: 3h.*>>>>>>> template", text, re.S), text
    assert (project / "pipelines/hrob/calibrate.py").exists()
    again = run("upgrade", "--project", project, "--template", template)
    assert again.returncode == 1 and "a merge or rebase has begun" in again.stderr
    git(project, "merge", "--abort")
    assert git(project, "status", "--porcelain") == "" and "timeout: 1h" in (project / "pipelines/inference.yml").read_text()


def test_work_that_is_not_committed_is_never_touched(run, older):
    template, project = older
    improve(template)
    change(project, "pipelines/monitor.yml", "timeout: 30m", "timeout: 31m")
    done, _ = upgrade(run, template, project)
    assert done.returncode == 1 and "pipelines/monitor.yml differ from HEAD: commit or stash" in done.stderr
    git(project, "checkout", "--quiet", ".")
    write(project, "pipelines/hrob/calibrate.py", "mine\n")
    done, _ = upgrade(run, template, project)
    assert done.returncode == 1 and "pipelines/hrob/calibrate.py is there, and Git does not know it" in done.stderr
    assert (project / "pipelines/hrob/calibrate.py").read_text() == "mine\n" and git(project, "status", "--porcelain") == "?? pipelines/hrob/calibrate.py"


def test_a_squashed_upgrade_loses_nothing_either(run, older):
    template, project = older
    change(project, "environments/project.yml", "inverse_regularisation: 0.01", "inverse_regularisation: 0.5")
    git(project, "commit", "--quiet", "-a", "-m", "Mine")
    improve(template)
    _, said = upgrade(run, template, project)
    message = git(project, "log", "-1", "--format=%B", said["template"])
    (project / ".git/MERGE_HEAD").unlink()
    git(project, "commit", "--quiet", "-m", f"Squashed\n\n{message}")
    change(template, "pipelines/monitor.yml", "timeout: 30m", "timeout: 45m")
    done, said = upgrade(run, template, project)
    assert done.returncode == 0 and said["conflicts"] == [] and "timeout: 45m" in (project / "pipelines/monitor.yml").read_text()
    assert "inverse_regularisation: 0.5" in (project / "environments/project.yml").read_text()


def test_an_answer_changed_in_the_record_takes_effect(run, older):
    template, project = older
    change(project, ".espalier-template", "forge: none", "forge: gitlab")
    git(project, "commit", "--quiet", "-a", "-m", "We are on GitLab now")
    done, said = upgrade(run, template, project)
    assert done.returncode == 0 and said["conflicts"] == [] and (project / ".gitlab-ci.yml").exists()


def test_what_was_not_started_here_cannot_be_upgraded(run, older, tmp_path):
    template, project = older
    git(tmp_path, "init", "--quiet", "other")
    git(tmp_path / "other", "commit", "--quiet", "--allow-empty", "-m", "Mine")
    done, _ = upgrade(run, template, tmp_path / "other")
    assert done.returncode == 1 and "no commit that leads to HEAD holds the template" in done.stderr


# Cookiecutter


COOKIECUTTER = {"cookiecutter.json": '{"name": "shop", "greeting": "hello"}\n', "{{cookiecutter.name}}/README.md": "{{cookiecutter.greeting}}\n",
                "{{cookiecutter.name}}/environments/dev.yml": 'branches: ["feature/**"]\n',
                "{{cookiecutter.name}}/pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { a: { run: 'true' } }\n"}
needs_cookiecutter = pytest.mark.skipif(not importlib.util.find_spec("cookiecutter"), reason="no cookiecutter: pip install -r Tests/requirements.txt")


@pytest.fixture
def cookiecutter(tmp_path):
    for path, text in COOKIECUTTER.items():
        write(tmp_path / "template", path, text)
    return tmp_path / "template"


@needs_cookiecutter
def test_a_cookiecutter_template_is_rendered_with_answers(run, cookiecutter, tmp_path):
    write(tmp_path, "a.yml", "name: bakery\n")
    options = ["init", tmp_path / "made", "--from", cookiecutter, "--python", sys.executable]
    done = run(*options, "--answers", tmp_path / "a.yml", HOME=str(tmp_path))
    assert done.returncode == 0, done
    assert done.stdout == f"rendered {tmp_path}/made/bakery\nbakery is valid\n"
    assert (tmp_path / "made/bakery/README.md").read_text() == "hello\n"
    again = run(*options, "--answers", tmp_path / "a.yml", HOME=str(tmp_path))
    assert again.returncode == 1 and "already exists" in again.stderr


@needs_cookiecutter
def test_defaults_of_a_cookiecutter_template_are_taken(run, cookiecutter, tmp_path):
    assert run("init", tmp_path / "made", "--from", cookiecutter, "--python", sys.executable, "--yes", HOME=str(tmp_path)).returncode == 0
    assert (tmp_path / "made/shop/README.md").exists()


def test_answers_that_a_cookiecutter_template_does_not_ask_for_are_refused(run, cookiecutter, tmp_path):
    write(tmp_path, "a.yml", "nmae: bakery\n")
    done = run("init", tmp_path / "made", "--from", cookiecutter, "--python", sys.executable, "--answers", tmp_path / "a.yml")
    assert done.returncode == 1 and "nmae: unknown key (did you mean 'name'?)" in done.stderr


def test_a_python_without_cookiecutter_is_explained(run, cookiecutter, tmp_path):
    done = run("init", tmp_path / "made", "--from", cookiecutter, "--python", "/nonexistent/python", "--yes")
    assert done.returncode == 1 and "pip install cookiecutter" in done.stderr and not (tmp_path / "made").exists()


# config --diff


def test_environments_are_compared_key_by_key(run):
    done = run("config", "staging", "--diff", "prod", "--project", ROOT)
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert done.returncode == 0 and lines["key"].split() == ["key", "staging", "set", "in", "prod", "set", "in"]
    assert re.search(r'"staging" +environments/staging.yml:\d+ +"challenger" +environments/prod.yml:\d+', lines["registry.aliases.candidate"])
    assert re.search(r' -  +- +"prod-sp" +environments/prod.yml:\d+', lines["identity"])
    assert "registry.server" not in lines
    found = {one["key"]: one for one in json.loads(run("config", "staging", "--diff", "prod", "--project", ROOT, "--json").stdout)}
    assert set(found) == set(lines) - {"key"}
    assert found["registry.aliases.candidate"]["right"]["origin"]["file"] == "environments/prod.yml" and "left" not in found["identity"]


def test_comparing_says_when_there_is_nothing_and_when_there_is_no_such_environment(run):
    assert run("config", "prod", "--diff", "prod", "--project", ROOT).stdout == "prod and prod resolve to the same values\n"
    done = run("config", "prod", "--diff", "stagign", "--project", ROOT)
    assert done.returncode == 1 and "did you mean 'staging'?" in done.stderr

"""What people write wrongly is refused with its place and the way out."""

import json

import pytest

from watched import PROJECT

STEP = "steps: { a: { run: 'true' } }\n"
PUSH = "on: { push: { environment: dev } }\n"

# what is wrong: file, its text, line, key, and words of message and hint
WRONG = {
    "an unknown key": ("environments/dev.yml", 'branches: ["feature/**"]\nprotectd: true\n', 2, "protectd", "did you mean 'protected'?"),
    "an unknown key of a step": ("pipelines/dev.yml", PUSH + "steps:\n  a:\n    rnu: x\n", 4, "steps.a.rnu", "did you mean 'run'?"),
    "a wrong type": ("environments/dev.yml", 'branches: ["feature/**"]\nprotected: 3\n', 2, "protected", "expected true or false, found"),
    "a wrong duration": ("pipelines/dev.yml", PUSH + "steps:\n  a:\n    run: x\n    timeout: soon\n", 5, "steps.a.timeout", "a duration such as 90s"),
    "a circle": ("pipelines/dev.yml", PUSH + "steps:\n  a: { needs: b, run: x }\n  b: { needs: [a], run: x }\n", 3, "steps.a.needs", "a → b → a"),
    "an unknown need": ("pipelines/dev.yml", PUSH + "steps:\n  build: { run: x }\n  b: { needs: [biuld], run: x }\n", 4, "steps.b.needs", "did you mean 'build'?"),
    "an output of a step not needed": ("pipelines/dev.yml", PUSH + "steps:\n  a: { run: x }\n  b: { run: x, env: { V: '${steps.a.outputs.v}' } }\n", 4, "steps.b", "add 'a' to its needs"),
    "a bad cron": ("pipelines/dev.yml", "on:\n  schedule:\n    cron: '0 0 25 * * ?'\n    environment: dev\n" + STEP, 3, "on.schedule.cron", "25"),
    "an unknown time zone": ("pipelines/dev.yml", "on:\n  schedule:\n    cron: '0 0 2 * * ?'\n    timezone: Europe/Berlni\n    environment: dev\n" + STEP, 4, "on.schedule.timezone", "did you mean 'Europe/Berlin'?"),
    "bytes that are not UTF-8": ("pipelines/dev.yml", b"on: {}\n# \xff\xfe\n", 2, "", "not UTF-8"),
    "a huge file": ("pipelines/dev.yml", "x: " + "y" * 2_000_000 + "\n", 1, "", "larger than 1 MiB"),
    "a key written twice": ("environments/dev.yml", 'branches: ["feature/**"]\nenv: { A: b }\nenv: { A: c }\n', None, "", "env"),
    "no YAML at all": ("pipelines/dev.yml", "on: {\n", 2, "", "not valid YAML"),
    "anchors that multiply": ("pipelines/dev.yml", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)), None, "", "unfolds to too many values"),
    "branches claimed twice": ("environments/staging.yml", 'branches: ["main", "feature/x*"]\n', 1, "branches", "'feature/x*' overlaps 'feature/**' of environment 'dev'"),
    "a missing environment": ("pipelines/dev.yml", "on: { push: { environment: dve } }\n" + STEP, 1, "on.push.environment", "did you mean 'dev'?"),
    "a step that does nothing": ("pipelines/dev.yml", PUSH + "steps:\n  a: { needs: [] }\n", 3, "steps.a", "give exactly one of run, register, promote"),
    "an unknown metric": ("pipelines/dev.yml", PUSH + "steps:\n  a: { run: x, outputs: [e] }\n  p:\n    needs: [a]\n    promote:\n      evidence: ${steps.a.outputs.e}\n      floor: { roc_acu: 0.5 }\n", 8, "steps.p.promote.floor", "did you mean 'roc_auc'?"),
}


def write(folder, files):
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize("case", WRONG)
def test_validate_names_file_line_key_and_remedy(espalier, tmp_path, case):
    file, text, line, key, words = WRONG[case]
    write(tmp_path, {**PROJECT, file: text})
    shown = espalier("validate", tmp_path)
    assert shown.returncode == 1 and words in shown.stdout and f"{file}:{line or ''}" in shown.stdout, shown
    asked = espalier("validate", tmp_path, "--json")
    assert asked.returncode == 1
    problem = next(p for p in json.loads(asked.stdout)["problems"] if words in f"{p['message']} {p.get('hint')}")
    assert problem["mark"]["file"] == file and (line is None or problem["mark"]["line"] == line)
    assert key in problem["key"]


def test_all_problems_are_told_at_once(espalier, tmp_path):
    write(tmp_path, {**PROJECT, "pipelines/a.yml": PUSH + "steps:\n  a: { rnu: x }\n", "pipelines/b.yml": "nothing: 1\non: {}\n" + STEP})
    problems = json.loads(espalier("validate", tmp_path, "--json").stdout)["problems"]
    assert {problem["mark"]["file"] for problem in problems} == {"pipelines/a.yml", "pipelines/b.yml"}


def test_a_sound_project_is_said_to_be(espalier, tmp_path):
    write(tmp_path, PROJECT)
    assert espalier("validate", tmp_path).stdout == "shop is valid: environments dev, prod, staging; pipelines dev\n"
    assert json.loads(espalier("validate", tmp_path, "--json").stdout)["valid"] is True


def test_what_cron_passes_over_is_a_warning_and_no_problem(espalier, tmp_path):
    cron = "on:\n  schedule:\n    cron: '0 0 2 ? * MON-FRI/2'\n    environment: dev\n"
    write(tmp_path, {**PROJECT, "pipelines/nightly.yml": cron + STEP})
    shown = espalier("validate", tmp_path)
    assert shown.returncode == 0 and "shop is valid" in shown.stdout
    assert "warning: pipelines/nightly.yml:3:11: on.schedule.cron: cron expression, column 18: “/2”" in shown.stdout
    asked = json.loads(espalier("validate", tmp_path, "--json").stdout)
    assert asked["valid"] is True and asked["problems"] == []
    assert [(warning["key"], warning["mark"]["line"]) for warning in asked["warnings"]] == [("on.schedule.cron", 3)]


def test_a_folder_without_a_project_is_refused(espalier, tmp_path):
    done = espalier("validate", tmp_path)
    assert done.returncode == 1 and "has neither environments/ nor pipelines/" in done.stderr


def test_the_reference_project_is_valid(espalier):
    from story import ROOT
    assert espalier("validate", ROOT).returncode == 0


@pytest.fixture(scope="module")
def project(watch_all):
    return watch_all(adopt=False)


def test_plan_shows_what_a_push_would_run(project):
    plan = project.ask("plan", "--push", "feature/x", "--project", project.work)
    assert [plan["pipeline"] for plan in plan["plans"]] == ["dev"]
    assert "no environment covers branch 'x'" in project.ask("plan", "--push", "x", "--project", project.work)["remark"]


@pytest.mark.parametrize("case", ["an unknown key", "a circle", "a key written twice", "a huge file"])
def test_plan_refuses_wrong_files(project, case):
    file, text, line, key, words = WRONG[case]
    project.branch("feature/wrong", {file: text})
    done = project.espalier("plan", "--push", "feature/wrong", "--project", project.work)
    assert done.returncode == 1 and words in done.stderr and f"{file}:{line or ''}" in done.stderr

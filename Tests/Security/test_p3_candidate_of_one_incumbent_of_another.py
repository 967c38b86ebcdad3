"""No environment's candidate is another's champion: what a feature branch registers serves nobody."""

import pytest

DEFAULT = {"environments/project.yml": "name: shop\ndefault_branch: main\n",
           "pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { a: { run: 'true' } }\n"}


def environment(branches, registry, protected=False):
    return f'branches: ["{branches}"]\n{"protected: true" if protected else ""}\nregistry: {{ {registry} }}\n'


def pair(dev, prod, **more):
    return {"environments/dev.yml": environment("feature/**", dev), "environments/prod.yml": environment("release/**", prod, True), **more}


PROD = "model: risk, aliases: { candidate: challenger, incumbent: champion }"
# Name → files of the default branch.
ATTACKS = {
    "champion": pair("model: risk, aliases: { candidate: champion }", PROD),
    # Not listed.
    "by-the-default": pair("aliases: { candidate: champion }", "aliases: { candidate: challenger, incumbent: champion }",
                           **{"environments/project.yml": "name: shop\ndefault_branch: main\nregistry: { model: risk }\n"}),
    "one-of-many-models": pair("model: [weight, risk], aliases: { candidate: champion }", PROD),
    "same-in-one": pair("model: other", "model: risk, aliases: { candidate: champion, incumbent: champion }"),
    "incumbent-of-both": pair("model: risk, aliases: { candidate: c, incumbent: champion }", PROD),
    "same-server-by-another-name": pair(
        "server: 'http://127.0.0.1:5000', model: risk, aliases: { candidate: champion }",
        "server: 'http://localhost:5000/', model: risk, aliases: { candidate: challenger, incumbent: champion }"),
    "across-three": {**pair("model: risk, aliases: { candidate: staged }", PROD),
                     "environments/staging.yml": environment("main", "model: risk, aliases: { candidate: x, incumbent: staged }", True)},
}


def validate(espalier, tmp_path, files):
    for path, text in {**DEFAULT, **files}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    done = espalier("validate", tmp_path)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", ATTACKS)
def test_a_candidate_that_is_an_incumbent_is_refused(espalier, tmp_path, name):
    """CASES: P3"""
    code, said = validate(espalier, tmp_path, ATTACKS[name])
    assert code != 0, said
    assert "alias" in said and ("champion" in said.lower() or "staged" in said) and "environments/" in said


@pytest.mark.parametrize("files", [
    pair("model: other, aliases: { candidate: champion }", PROD),
    pair("model: risk, aliases: { candidate: newest, incumbent: best }", PROD)])
def test_names_of_different_models_or_aliases_are_fine(espalier, tmp_path, files):
    """What the attacks above rely on."""
    code, said = validate(espalier, tmp_path, files)
    assert code == 0, said


def test_a_push_in_such_a_project_starts_nothing_that_registers(attacked_once):
    """CASES: P3, by a branch that brings the alias itself"""
    project = attacked_once(pair("model: risk, aliases: { candidate: newest }", PROD))
    steps = "steps: { a: { run: 'true' }, r: { needs: [a], register: { model: '${steps.a.outputs.model_uri}' } } }\n"
    commit = project.branch("feature/x", {
        "environments/dev.yml": ATTACKS["champion"]["environments/dev.yml"],
        "pipelines/dev.yml": "on: { push: { environment: dev } }\n" + steps})
    said = project.git("push", "origin", "HEAD:refs/heads/feature/x", check=False)
    project.look()
    notes = [note for run in project.runs(commit=commit) for note in project.now(run["id"])["notes"]]
    told = said + project.remarks() + "\n".join(map(str, notes))
    assert "registry" in told or "alias" in told, told

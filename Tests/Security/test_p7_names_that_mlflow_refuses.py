"""A name that MLflow refuses is refused before anything is trained."""

import pytest

FILES = {"environments/project.yml": "name: shop\ndefault_branch: main\n", "environments/dev.yml": 'branches: ["feature/**"]\n',
         "pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { a: { run: 'true' } }\n"}

# What MLflow 3 says no to: `latest` and version numbers as aliases, other characters than letters, digits, - and _ in
# them, and `/` and `:` in names of models. Also what would be no name in a path, a URL or a log.
ALIASES = ["v1", "latest", "prod/x"] + ["V12", "LATEST", "a b", "a.b", "", "x" * 256, "a:b", "a%b", "v0001"]
MODELS = ["a/b", "100%"] + ["a:b", "a\\nb", "", "..", "a/../b", " ", "risk/", "\\u202erisk"]


def validate(espalier, tmp_path, registry, pipeline=""):
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text + (pipeline if path.startswith("pipelines") else ""))
    (tmp_path / "environments/prod.yml").write_text(f'branches: ["release/**"]\nprotected: true\nregistry: {registry}\n')
    done = espalier("validate", tmp_path)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("role", ["candidate", "incumbent"])
@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_that_mlflow_refuses_is_refused(espalier, tmp_path, alias, role):
    """CASES: P7; the first three are listed"""
    code, said = validate(espalier, tmp_path, f'{{ model: risk, aliases: {{ {role}: "{alias}" }} }}')
    assert code != 0, said
    assert "environments/prod.yml" in said and role in said


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_mlflow_refuses_is_refused(espalier, tmp_path, model):
    """CASES: P7; the first two are listed"""
    for registry in (f'{{ model: "{model}" }}', f'{{ model: [risk, "{model}"] }}'):
        code, said = validate(espalier, tmp_path, registry)
        assert code != 0, said
        assert "environments/prod.yml" in said and "model" in said


@pytest.mark.parametrize("model", ["a/b", "100%", "a:b"])
def test_a_model_of_a_pipeline_is_refused(espalier, tmp_path, model):
    """CASES: P7, by the pipeline's own key"""
    code, said = validate(espalier, tmp_path, "{ model: risk }", pipeline=f'model: "{model}"\n')
    assert code != 0 and "pipelines/dev.yml" in said, said


@pytest.mark.parametrize("registry", ["{ model: hrob-risk, aliases: { candidate: challenger, incumbent: champion } }",
                                      "{ model: \"Risk 2 (new)\", aliases: { candidate: vNext, incumbent: best_1 } }"])
def test_names_that_mlflow_takes_are_taken(espalier, tmp_path, registry):
    """What the attacks above rely on."""
    code, said = validate(espalier, tmp_path, registry)
    assert code == 0, said


def test_mlflow_refuses_them(tmp_path):
    """Where the list comes from: MLflow's own rules."""
    validation = pytest.importorskip("mlflow.utils.validation")
    exceptions = pytest.importorskip("mlflow.exceptions")
    for check, names in ((validation._validate_model_alias_name_reserved, ["v1", "latest", "V12", "LATEST", "v0001"]),
                         (validation._validate_model_alias_name, ["prod/x", "a b", "a.b", "", "a:b"]),
                         (validation._validate_model_name, ["a/b", "a:b", "", " "])):
        for name in names:
            with pytest.raises(exceptions.MlflowException):
                check(name)

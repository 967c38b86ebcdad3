"""Models of 100,000 real births: the better one is promoted, the worse one and the same one trained again are not."""

import json
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIRTHS = pathlib.Path(os.environ.get("ESPALIER_NATALITY") or ROOT.parent / "shared/data") / "natality2014_births.csv.gz"
pytestmark = pytest.mark.skipif(not BIRTHS.exists(), reason=f"{BIRTHS} is missing: name its folder in ESPALIER_NATALITY")

FILES = {
    "environments/project.yml": "default_branch: main\n",
    "environments/prod.yml": 'branches: ["release/**"]\n',
    "pipelines/release.yml": """\
on: { push: { environment: prod } }
steps:
  validate: { run: "true", outputs: [evidence] }
  promote:
    needs: [validate]
    promote:
      evidence: "${steps.validate.outputs.evidence}"
      improve: { metric: roc_auc, by: 0.0 }
      no_worse: [{ metric: brier, margin: 0.005 }, { metric: ece, margin: 0.01 }]
      slices: { columns: [payer], metric: roc_auc, margin: 0.02 }
      holdout: { budget: 20 }
""",
}


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """The holdout, and the scores of models on it, by name."""
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import train_test_split

    births = pd.read_csv(BIRTHS)
    columns = pd.read_csv(BIRTHS.with_name("natality2014_columns.csv"))
    antenatal = columns[(columns.role == "feature") & (columns.timing != "accrues_to_delivery")]
    groups = [group for group in antenatal.group.unique()]
    births = births[births.low_birth_weight.notna()]
    train, holdout = train_test_split(births, test_size=0.25, random_state=0, stratify=births.low_birth_weight)

    def fitted(names, seed):
        names = [name for name in names if births[name].dtype.kind in "fi"]
        model = HistGradientBoostingClassifier(max_iter=60, early_stopping=True, random_state=seed)
        model.fit(train[names], train.low_birth_weight)
        return model.predict_proba(holdout[names])[:, 1]

    few = antenatal[antenatal.group.isin(groups[:1])].column
    return holdout, {"all": fitted(antenatal.column, 1), "all again": fitted(antenatal.column, 2), "few": fitted(few, 1)}


@pytest.fixture(scope="module")
def judged(scores, espalier, tmp_path_factory):
    folder = tmp_path_factory.mktemp("natality")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    holdout, models = scores

    def judge(challenger, champion):
        table = holdout[["low_birth_weight"]].rename(columns={"low_birth_weight": "label"}).astype(int)
        table["challenger"], table["champion"] = models[challenger], models[champion]
        table["payer"] = holdout.payer.fillna("unknown")
        table.to_csv(folder / "evidence.csv", index_label="id")
        done = espalier("judge", folder / "evidence.csv", "--project", folder, "--resamples", "5000", "--json")
        assert done.returncode == 0, done
        return json.loads(done.stdout)[0]
    return judge


def rule(judgement, name):
    return next(one for one in judgement["findings"] if one["rule"] == name)


def test_a_better_model_is_promoted(judged):
    judgement = judged("all", "few")
    assert judgement["verdict"] == "promoted", judgement["reasons"]
    assert rule(judgement, "improve")["challenger"] == pytest.approx(0.75, abs=0.015)
    payers = [one for one in judgement["findings"] if one.get("slice")]
    assert len(payers) > 2 and all(one["outcome"] != "worse" for one in payers)


def test_a_worse_model_is_not(judged):
    judgement = judged("few", "all")
    assert judgement["verdict"] == "not_promoted" and rule(judgement, "improve")["upper"] < 0
    assert any(one["outcome"] == "worse" for one in judgement["findings"] if one.get("slice"))


def test_the_same_model_trained_again_is_not(judged):
    judgement = judged("all again", "all")
    improve = rule(judgement, "improve")
    assert judgement["verdict"] == "not_promoted" and improve["lower"] < 0 < improve["upper"]

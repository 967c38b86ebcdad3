"""Births are scored for some days, and looked at: those of the package, and those of a hospital that changes."""

import json

import pytest

LAST = "2026-11-26T12:00:00Z"


@pytest.fixture
def hospital(contest, tmp_path):
    """Scores births, day by day, on a data root of its own; then `look` gives the document and what is reported."""

    class Hospital:
        config = {"dataset": "bwght2"}

        def variables(self, time):
            (tmp_path / "config.json").write_text(json.dumps(self.config))
            return {
                "ESPALIER_CONFIG": str(tmp_path / "config.json"),
                "ESPALIER_DATA": str(tmp_path / "data"),
                "ESPALIER_OUTPUT": str(tmp_path / "output"),
                "ESPALIER_OUTPUTS": str(tmp_path),
                "ESPALIER_MODEL_URI": contest.challenger,
                "ESPALIER_LOGICAL_TIME": time,
            }

        def score(self, *days, **variables):
            for day in days:
                assert contest.checkout.call("infer", **self.variables(f"2026-11-{day}T11:00:00Z") | variables)[0] == 0

        def look(self, **variables):
            (tmp_path / "output").write_text("")
            code, printed = contest.checkout.call("monitor", **self.variables(LAST) | variables)
            assert code == 0, printed
            reported = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
            return json.loads((tmp_path / "monitor.json").read_text()), reported

    return Hospital()


def test_births_of_the_same_hospital_have_not_drifted(hospital, contest, mapping):
    hospital.score(24, 25, 26)
    content, reported = hospital.look()
    rows = content["window"]["rows"]
    assert rows > 150 and content["window"] == {"from": "2026-10-29T12:00:00Z", "to": LAST, "rows": rows}
    assert content["kind"] == "espalier.monitor/1" and content["drift"] is False
    assert content["reference"] == {"name": f"{contest.challenger} on bwght2", "rows": 912}
    assert set(content["measures"][0]) == {"name", "statistic", "value", "p", "rows", "warn", "limit"}
    names = {(measure["name"], measure["statistic"]) for measure in content["measures"]}
    assert names >= {(name, "psi") for name in [*mapping.features, "score"]} | {("score", "ks"), ("cigs", "missing")}
    assert reported == {"drift": "none", "drift_reason": content["summary"]}
    assert content["summary"].startswith(f"No drift in {len(names)} measures of {rows} births")


def test_births_of_another_hospital_have(hospital, raw, tmp_path):
    """One file a day; the mothers of the third and fourth day are six years older, and fewer smokers are known."""
    hospital.config = {"dataset": "bwght2", "infer": {"births": str(tmp_path / "{date}.parquet"), "intake": "all"}}
    for day in range(23, 27):
        births = raw.sample(200, random_state=day)
        if day > 24:
            births = births.assign(mage=births.mage + 6, cigs=births.cigs.where(births.index.str[-1] < "5"))
        births.to_parquet(tmp_path / f"2026-11-{day}.parquet", index=False)
    hospital.score(23, 24)
    assert hospital.look()[1]["drift"] == "none"
    hospital.score(25, 26)
    content, reported = hospital.look()
    assert content["drift"] is True and reported["drift"] == "detected" and content["window"]["rows"] > 780
    large = {(measure["name"], measure["statistic"]) for measure in content["measures"]
             if measure["value"] > measure["limit"] and measure["p"] < 0.001}
    assert {("mage", "ks"), ("cigs", "missing")} <= large and {name for name, _ in large} <= {"mage", "cigs"}
    assert content["summary"].startswith("Drift: cigs: missing 0.2") and reported["drift_reason"] == content["summary"]


def test_outcomes_are_compared_once_they_are_known(hospital, raw, tmp_path):
    """The same births without and with their outcome: only births that no model is trained on count."""
    source = str(tmp_path / "births.parquet")
    hospital.config = {"dataset": "bwght2", "infer": {"births": source, "intake": "all"}}
    raw.drop(columns="fmaps").to_parquet(source, index=False)
    hospital.score(26)
    statistics = lambda: {measure["statistic"]: measure for measure in hospital.look()[0]["measures"] if measure["name"] == "score"}
    assert set(statistics()) == {"psi", "ks"}
    raw.to_parquet(source, index=False)
    known = statistics()
    assert set(known) == {"psi", "ks", "auc_drop", "calibration"}
    assert known["auc_drop"]["rows"] == 917 and abs(known["auc_drop"]["value"]) < 0.05


def test_scores_of_another_version_tell_nothing_of_this_one(hospital, contest):
    hospital.score(24, 25, 26, ESPALIER_MODEL_URI=contest.champion)
    assert {measure["name"] for measure in hospital.look()[0]["measures"]}.isdisjoint({"score"})


def test_a_few_births_tell_nothing(hospital):
    for rows in (0, 1):
        content, reported = hospital.look()
        assert content["measures"] == [] and reported["drift"] == "none"
        assert content["summary"].endswith("births were scored in 28 days; fewer than 100 tell nothing.")
        hospital.score(26)


def test_of_a_large_window_a_part_is_looked_at_always_the_same(hospital, raw, tmp_path):
    raw.to_parquet(tmp_path / "births.parquet", index=False)
    hospital.config = {
        "dataset": "bwght2", "infer": {"births": str(tmp_path / "births.parquet"), "intake": "all"}, "monitor": {"most_rows": 500},
    }
    hospital.score(25, 26)
    content, _ = hospital.look()
    assert 400 < content["window"]["rows"] < 600 and content["drift"] is False
    assert hospital.look()[0] == content

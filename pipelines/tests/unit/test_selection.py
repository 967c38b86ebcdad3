import pytest
import yaml

from hrob.intake import mappings
from hrob.model import selection
from hrob.step import Refused


def resolve(mapping, **entry):
    return selection.resolve(mapping, entry, where="selection.yml: bwght2").features


@pytest.mark.parametrize("name", yaml.safe_load(selection.FILE.read_text()))
def test_every_committed_entry_fits_a_dataset_whatever_it_selects(name):
    datasets = yaml.safe_load(mappings.FILE.read_text())
    refusals = []
    for dataset in [name] if name in datasets else datasets:
        try:
            selection.read(mappings.read(dataset), name=name)
        except Refused as refusal:
            refusals.append(str(refusal))
        else:
            return
    pytest.fail("\n".join(refusals))


def test_a_dataset_without_a_selection_is_refused(mapping, tmp_path):
    path = tmp_path / "selection.yml"
    path.write_text("natality2014: { keep: all }")
    with pytest.raises(Refused, match="selection.yml: no entry for the dataset 'bwght2'"):
        selection.read(mapping, path)


@pytest.fixture
def entries(tmp_path):
    path = tmp_path / "selection.yml"
    path.write_text("bwght2: { keep: [education] }\nlow_birth_weight: { keep: [infant_sex] }\nof_another_dataset: { keep: [payer] }\n")
    return path


def test_a_model_may_have_a_selection_of_its_own(mapping, entries):
    assert selection.read(mapping, entries).features == ["meduc", "feduc"]
    assert selection.read(mapping, entries, name="low_birth_weight").features == ["male"]


@pytest.mark.parametrize(
    "name, message",
    [
        ("low_brith_weight", "config.selection: unknown selection 'low_brith_weight'; did you mean 'low_birth_weight'"),
        (7, "config.selection: unknown selection 7; selection.yml has bwght2, low_birth_weight, of_another"),
        ("of_another_dataset", r"selection.yml: of_another_dataset\.keep: unknown group or feature 'payer'"),
    ],
)
def test_a_selection_that_does_not_fit_is_refused(mapping, entries, name, message):
    with pytest.raises(Refused, match=message):
        selection.read(mapping, entries, name=name)


def test_groups_and_single_features_mix(mapping):
    assert resolve(mapping, keep=["education", "mage"], drop=["feduc"]) == ["mage", "meduc"]


def test_keep_defaults_to_everything(mapping):
    assert set(mapping.features) - set(resolve(mapping, drop=["race", "male"])) == {*mapping.groups["race"], "male"}


@pytest.mark.parametrize(
    "entry, message",
    [
        ({"keep": ["eduction"]}, r"bwght2\.keep: unknown group or feature 'eduction'; did you mean 'education'\?"),
        ({"drop": ["mge"]}, r"bwght2\.drop: unknown group or feature 'mge'; did you mean 'mage'\?"),
        ({"keep": ["bwght"]}, "'bwght' must not be an input: measured after the first minute"),
        ({"keep": ["fmaps"]}, "'fmaps' must not be an input: outcome"),
        ({"keeep": []}, "unknown key 'keeep'; did you mean 'keep'"),
        ({"keep": "race"}, "expected a list of groups and features, found 'race'"),
        ({"keep": ["race"], "drop": ["race"]}, "no feature is left"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(mapping, entry, message):
    with pytest.raises(Refused, match=message):
        resolve(mapping, **entry)

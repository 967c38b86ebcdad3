import pytest
import yaml

from hrob import mappings, selection
from hrob.step import Refused


def resolve(mapping, **entry):
    return selection.resolve(mapping, entry, where="selection.yml: bwght2").features


@pytest.mark.parametrize("dataset", yaml.safe_load(selection.FILE.read_text()))
def test_the_committed_selection_is_valid_whatever_it_selects(dataset):
    mapping = mappings.read(dataset)
    assert set(selection.read(mapping).features) <= set(mapping.features)


def test_a_dataset_without_a_selection_is_refused(mapping, tmp_path):
    path = tmp_path / "selection.yml"
    path.write_text("natality2014: { keep: all }")
    with pytest.raises(Refused, match="selection.yml: no entry for the dataset 'bwght2'"):
        selection.read(mapping, path)


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

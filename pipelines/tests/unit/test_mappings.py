import pytest
import yaml

from hrob.intake import mappings
from hrob.step import Refused


def edited(tmp_path, edit):
    """The committed mapping of bwght2 after `edit`, in a file of its own."""
    entry = yaml.safe_load(mappings.FILE.read_text())["bwght2"]
    edit(entry)
    path = tmp_path / "feature_mappings.yml"
    path.write_text(yaml.safe_dump({"bwght2": entry}))
    return path


def test_the_committed_mapping_fits_the_data(raw, mapping):
    mappings.check_against_data(mapping, list(raw.columns))


def test_an_outcome_cannot_be_moved_into_a_group(tmp_path):
    path = edited(tmp_path, lambda entry: entry["groups"]["education"].append("fmaps"))
    with pytest.raises(Refused, match=r"'fmaps' is refused as an input \(outcome\)"):
        mappings.read("bwght2", path)


def test_an_outcome_cannot_be_derived_into_a_group(tmp_path):
    path = edited(tmp_path, lambda entry: entry["derived"]["omaps_below_7"].update(column="fmaps"))
    with pytest.raises(Refused, match=r"derived\.omaps_below_7: 'fmaps' is refused \(outcome\)"):
        mappings.read("bwght2", path)


def test_the_target_cannot_be_taken_off_the_refused_columns(tmp_path):
    path = edited(tmp_path, lambda entry: entry["refused"].update(outcome=[]))
    with pytest.raises(Refused, match="'fmaps' must be listed under refused"):
        mappings.read("bwght2", path)


def test_a_column_belongs_to_one_group(tmp_path):
    path = edited(tmp_path, lambda entry: entry["groups"]["education"].append("mage"))
    with pytest.raises(Refused, match="'mage' is listed 2 times"):
        mappings.read("bwght2", path)


def test_a_misspelt_column_names_the_nearest(tmp_path, raw):
    mapping = mappings.read("bwght2", edited(tmp_path, lambda entry: entry["groups"].update(education=["medu", "feduc"])))
    with pytest.raises(Refused, match="unknown column 'medu'; did you mean 'meduc'"):
        mappings.check_against_data(mapping, list(raw.columns))


def test_a_new_column_of_the_data_must_be_classified(raw, mapping):
    with pytest.raises(Refused, match="'gestation' of the data is neither in a group nor refused"):
        mappings.check_against_data(mapping, [*raw.columns, "gestation"])


def test_unknown_keys_and_datasets_name_the_nearest(tmp_path):
    with pytest.raises(Refused, match="unknown key 'group'; did you mean 'groups'"):
        mappings.read("bwght2", edited(tmp_path, lambda entry: entry.update(group={})))
    with pytest.raises(Refused, match="unknown dataset 'bwght'; did you mean 'bwght2'"):
        mappings.read("bwght")


def test_another_target_can_be_chosen(tmp_path):
    assert mappings.configured({}).target.name == "low_apgar5"
    other = mappings.configured({"target": "low_birth_weight"}).target
    assert (other.name, other.column, other.at_most) == ("low_birth_weight", "bwght", 2499)
    with pytest.raises(Refused, match=r"unknown target 'low_birth_wieght'; did you mean 'low_birth_weight'\?; it has low_apgar5"):
        mappings.read("bwght2", target="low_birth_wieght")
    path = edited(tmp_path, lambda entry: entry["other_targets"].update(preterm={"column": "mage", "at_most": 20}))
    with pytest.raises(Refused, match="'mage' must be listed under refused: it is the outcome"):
        mappings.read("bwght2", path)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"known_at": "2014-12-31"}, "known_at: expected a time with a zone"),
        ({"known_at": "soon"}, "known_at: expected a time with a zone"),
        ({"tabel": "x"}, r"unknown key 'tabel'; did you mean 'table'\?"),
    ],
)
def test_a_store_that_makes_no_sense_is_refused(tmp_path, change, message):
    with pytest.raises(Refused, match=message):
        mappings.read("bwght2", edited(tmp_path, lambda entry: entry["store"].update(change)))


def test_a_store_says_all_there_is_to_say(tmp_path):
    with pytest.raises(Refused, match="store: owner is missing"):
        mappings.read("bwght2", edited(tmp_path, lambda entry: entry["store"].pop("owner")))

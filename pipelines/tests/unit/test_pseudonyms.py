import pytest

from hrob.deliver import pseudonyms
from hrob.step import Refused

KEY = bytes(range(32))


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "keys/pseudonym.key"
    key = pseudonyms.read_or_make_key(path)
    assert pseudonyms.read_or_make_key(path) == key and len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("text", ["", "secret", "00" * 16])
def test_what_is_no_key_is_refused(tmp_path, text):
    (tmp_path / "key").write_text(text)
    with pytest.raises(Refused, match="holds no key; put 64 hexadecimal digits into it"):
        pseudonyms.read_or_make_key(tmp_path / "key")


def test_two_partners_cannot_join_what_they_were_given():
    ids = ["bwght2-0000001", "bwght2-0000002"]
    one, other = (pseudonyms.pseudonyms(pseudonyms.of_partner(KEY, partner), ids) for partner in ("one", "other"))
    assert len({*one, *other}) == 4
    assert one == pseudonyms.pseudonyms(pseudonyms.of_partner(KEY, "one"), ids)
    assert not any("0000001" in name for name in one)

import pytest

from hrob import settings
from hrob.step import Refused

DEFAULTS = {"births": None, "share": 0.2, "days": 28, "limits": {"psi": [0.1, 0.2]}}


def test_what_is_given_is_laid_over_the_defaults():
    found = settings.section({"infer": {"days": 7, "limits": {"psi": [0.2, 0.3]}, "births": "x.csv"}}, "infer", DEFAULTS)
    assert found == {"births": "x.csv", "share": 0.2, "days": 7, "limits": {"psi": [0.2, 0.3]}}
    assert settings.section({}, "infer", DEFAULTS) == DEFAULTS


@pytest.mark.parametrize(
    "given, message",
    [
        ({"shares": 0.3}, r"config\.infer: unknown key 'shares'; did you mean 'share'\?"),
        ({"limits": {"pis": [1, 2]}}, r"config\.infer\.limits: unknown key 'pis'; did you mean 'psi'\?"),
        ({"share": "much"}, r"config\.infer\.share: expected something like 0\.2, found 'much'"),
        ({"share": True}, "expected something like 0.2, found True"),
        ({"limits": [1]}, r"config\.infer\.limits: expected a map of psi, found \[1\]"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(given, message):
    with pytest.raises(Refused, match=message):
        settings.section({"infer": given}, "infer", DEFAULTS)

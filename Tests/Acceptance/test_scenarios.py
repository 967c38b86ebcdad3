"""The merge queue, told as stories: each folder of scenarios/ is one, and a new one needs no code."""

import pathlib

import pytest
import yaml

from telling import Telling

FOLDER = pathlib.Path(__file__).parent / "scenarios"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in FOLDER.glob("*/scenario.yml")))
def test_it_goes_as_the_scenario_tells(name, watch):
    scenario = yaml.safe_load((FOLDER / name / "scenario.yml").read_text())
    telling = Telling(scenario, watch)
    try:
        telling.tell()
    except AssertionError as error:
        pytest.fail(f"{telling.story()}\n{error}", pytrace=False)
    assert telling.seen() == scenario["expect"], telling.story()

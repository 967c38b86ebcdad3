"""Pipelines of several models go together."""

import pytest
import yaml

from hrob.intake import mappings
from hrob.model import selection

FOLDER = mappings.FILE.parent
PIPELINES = {path.name: content for path in sorted(FOLDER.glob("*.yml")) if "steps" in (content := yaml.safe_load(path.read_text()))}


@pytest.mark.parametrize("name", ["features", "store"])
def test_models_that_share_a_table_make_it_by_the_same_step(name):
    steps = {file: content["steps"][name] for file, content in PIPELINES.items() if name in content["steps"]}
    first = next(iter(steps.values()))
    assert [file for file, step in steps.items() if step != first] == []


@pytest.mark.parametrize("file", [file for file, content in PIPELINES.items() if "target" in content.get("config", {})])
def test_a_pipeline_with_a_target_of_its_own_has_a_selection_that_fits_it(file):
    config = PIPELINES[file]["config"]
    targets = {name: [entry["target"]["name"], *entry.get("other_targets", {})] for name, entry in yaml.safe_load(mappings.FILE.read_text()).items()}
    dataset = next(name for name in targets if config["target"] in targets[name])
    assert selection.read(mappings.read(dataset, target=config["target"]), name=config.get("selection")).features

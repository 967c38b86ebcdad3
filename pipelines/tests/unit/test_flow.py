"""Folders are stages, and a stage imports only what comes before it. The order is the line of arrows in hrob/__init__.py."""

import ast
from pathlib import Path

import pytest
import yaml

import hrob

ROOT = Path(hrob.__file__).parent
STAGES = next(line for line in hrob.__doc__.splitlines() if "→" in line).split(" → ")
STAGES = [name.strip() for name in STAGES]
FILES = sorted(ROOT.rglob("*.py"))


def module_of(file: Path) -> str:
    """`hrob.train.search`; a package is named like its folder."""
    parts = ["hrob", *file.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


def imports_of(source: str) -> set[str]:
    """Modules of this package that a source imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the whole path"
            inner = {f"{node.module}.{name.name}" for name in node.names}
            found |= {name if name in MODULES else node.module for name in inner}
    return {name for name in found if name == "hrob" or name.startswith("hrob.")}


def place(module: str) -> int:
    """Of a module in the flow; what lies beside the folders, which all share, is before the first."""
    parts = module.split(".")
    return 1 + STAGES.index(parts[1]) if len(parts) > 1 and (ROOT / parts[1]).is_dir() else 0


def against_the_flow(module: str, source: str) -> list[str]:
    """What a module imports from later stages, or from the step (`__main__`) of any."""
    return [name for name in sorted(imports_of(source)) if place(name) > place(module) or name.endswith(".__main__")]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A path that comes back to where it began; empty when there is none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :] + [name]
        if name not in done:
            for other in sorted(graph.get(name, ())):
                if found := visit(other, [*path, name]):
                    return found
            done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


def test_every_folder_has_its_place_in_the_flow():
    assert {file.parent for file in FILES} == {ROOT, *(ROOT / stage for stage in STAGES)}, "name new folders in hrob/__init__.py"


@pytest.mark.parametrize("module", MODULES)
def test_a_stage_imports_only_what_comes_before_it(module):
    wrong = against_the_flow(module, MODULES[module].read_text())
    assert wrong == [], f"{module} is before what it imports; move it into the folder of its stage, or what it imports to an earlier one"


def test_no_import_goes_in_a_circle():
    assert circle({module: imports_of(file.read_text()) - {"hrob"} for module, file in MODULES.items()}) == []


def test_what_would_break_the_flow_is_found():
    late = "def make():\n    from hrob.train import search\n"
    assert against_the_flow("hrob.features.make", late) == ["hrob.train.search"]
    assert against_the_flow("hrob.step", "from hrob.intake.births import load\n") == ["hrob.intake.births"]
    assert against_the_flow("hrob.monitor.look", "from hrob.infer.__main__ import main\n") == ["hrob.infer.__main__"]
    assert against_the_flow("hrob.train.search", "import hrob.features.files\nfrom hrob import step\n") == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_the_readme_tells_of_each_stage_in_this_order():
    lines = (ROOT.parent / "README.md").read_text().splitlines()
    told = [line.split("`")[1] for line in lines if line.startswith("| `hrob/")]
    assert told == [*(f"hrob/{stage}/" for stage in STAGES), "hrob/*.py"]


def test_the_steps_of_the_pipelines_are_stages():
    pipelines = [yaml.safe_load(path.read_text()) for path in ROOT.parent.glob("*.yml")]
    steps = [step for content in pipelines for step in content.get("steps", {}).values()]
    run = {command.split("hrob.")[1] for step in steps if "-m hrob." in (command := step.get("run", ""))}
    assert run and [name for name in run if not (ROOT / name / "__main__.py").exists()] == []

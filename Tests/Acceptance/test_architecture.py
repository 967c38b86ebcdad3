"""docs/architecture.md says who may import whom; the sources keep to it."""

import pathlib
import re

import pytest

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "Sources"
PURE = ["Formats", "Events", "Cron", "Promotion", "Projects", "Plans", "Runs", "Changes", "Schedules", "Notices", "Reports",
        "Templates", "Terraform"]
HOMES = {
    "Digests": {"Clibcrypto"}, "Git": {"Clibgit2", "CPosix"}, "ProjectFiles": {"Yams"}, "Store": {"GRDB"},
    "Watching": {"CPosix"}, "Minding": {"CPosix", "Synchronization"}, "Registry": {"HTTP"}, "Forges": {"HTTP"},
    "HTTP": {"FoundationNetworking", "Synchronization"}, "Programs": {"CPosix", "Synchronization"}, "Curl": {"Programs"},
    "Web": {"Hummingbird", "NIOCore", "Mustache", "Logging", "ServiceLifecycle"},
}
SMALL = ["espalier-minder", "espalier-hook"]


def imports(target):
    found = {}
    for file in (SOURCES / target).rglob("*.swift"):
        for name in re.findall(r"^\s*(?:@testable |package |public |internal )?import (?:\w+ )?(\w+)", file.read_text(), re.M):
            found.setdefault(name, file.name)
    return found


@pytest.mark.parametrize("target", PURE)
def test_pure_targets_import_foundation_and_pure_targets_only(target):
    assert {name: file for name, file in imports(target).items() if name not in PURE + ["Foundation"]} == {}


def test_pure_targets_read_no_files_but_the_machines_time_zones():
    reads = re.compile(r"FileManager|FileHandle|(Data|String)\(contentsOf|\bfopen\b")
    files = {file.name for target in PURE for file in (SOURCES / target).rglob("*.swift") if reads.search(file.read_text())}
    assert files == {"SystemZones.swift"}


@pytest.mark.parametrize("target", HOMES)
def test_adapters_import_pure_targets_and_their_own_library_only(target):
    allowed = {*PURE, "Foundation", *HOMES[target]}
    assert {name: file for name, file in imports(target).items() if name not in allowed} == {}


@pytest.mark.parametrize("target", SMALL)
def test_what_a_push_waits_for_is_free_of_foundation(target):
    assert set(imports(target)) <= {"CPosix", "Glibc"}


def test_every_target_is_accounted_for():
    known = {*PURE, *HOMES, *SMALL, "Daemon", "espalier", "CPosix", "Clibgit2", "Clibcrypto"}
    assert {folder.name for folder in SOURCES.iterdir()} == known

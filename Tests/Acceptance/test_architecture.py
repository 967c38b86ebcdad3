"""docs/architecture.md says who may import whom, and what a change costs; the sources keep to it."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "Sources"
DOCUMENT = (ROOT / "docs/architecture.md").read_text()
PURE = ["Formats", "Events", "Cron", "Promotion", "Projects", "Plans", "Runs", "Changes", "Schedules", "Notices", "Reports",
        "Templates", "Terraform"]
HOMES = {
    "Digests": {"Clibcrypto"}, "Git": {"Clibgit2", "CPosix"}, "ProjectFiles": {"Yams"}, "Store": {"GRDB"},
    "Watching": {"CPosix", "Dispatch"}, "Minding": {"CPosix", "Synchronization"}, "Registry": {"HTTP"}, "Forges": {"HTTP"},
    "HTTP": {"FoundationNetworking", "Synchronization"}, "Programs": {"CPosix", "Synchronization"}, "Curl": {"Programs"},
    "Web": {"Hummingbird", "HummingbirdCore", "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOPosix", "Clibssl",
            "Mustache", "Logging", "ServiceLifecycle", "Synchronization"},
}
ROOMS = ["Home", "Reading", "Executing", "Promoting", "Following", "Gating", "Running", "Firing", "Telling", "Answering", "Starting",
         "Daemon"]
SMALL = ["espalier-minder", "espalier-hook"]
# What every room may import: the standard library's own, and the log.
COMMON = {"Foundation", "FoundationXML", "Synchronization", "Logging"}
IMPORT = re.compile(r"^\s*(?:@\w+ |package |public |internal )*import (?:(?:struct|class|enum|protocol|func|var|let) )?(\w+)", re.M)


def imports(target):
    found = {}
    for file in (SOURCES / target).rglob("*.swift"):
        for name in IMPORT.findall(file.read_text()):
            found.setdefault(name, file.name)
    return found


def strangers(names, allowed):
    return {name: file for name, file in names.items() if name not in allowed}


@pytest.mark.parametrize("target", PURE)
def test_pure_targets_import_foundation_and_pure_targets_only(target):
    assert strangers(imports(target), {*PURE, "Foundation"}) == {}


def test_pure_targets_read_no_files_but_the_machines_time_zones():
    reads = re.compile(r"FileManager|FileHandle|(Data|String)\(contentsOf|\bfopen\b")
    files = {file.name for target in PURE for file in (SOURCES / target).rglob("*.swift") if reads.search(file.read_text())}
    assert files == {"SystemZones.swift"}


@pytest.mark.parametrize("target", HOMES)
def test_adapters_import_pure_targets_and_their_own_library_only(target):
    assert strangers(imports(target), {*PURE, "Foundation", *HOMES[target]}) == {}


def rooms():
    """The table of rooms: name → adapters and rooms that it may import."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) \|$", DOCUMENT, re.M)
    return {name: set(re.findall(r"`(\w+)`", allowed)) for name, allowed in rows if name in ROOMS}


def allowed_in(room):
    return {*PURE, *COMMON, *rooms()[room]}


def test_the_document_has_every_room_in_the_order_of_the_flow():
    assert list(rooms()) == ROOMS
    for place, room in enumerate(ROOMS):
        assert rooms()[room] <= {*HOMES, *ROOMS[:place], "ServiceLifecycle"}, f"{room} imports what comes after it"


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_what_the_document_allows_and_all_of_it(room):
    found = imports(room)
    assert strangers(found, allowed_in(room)) == {}
    assert rooms()[room] - set(found) == set(), "allowed, and imported by nobody"


@pytest.mark.parametrize("room, stranger", [
    ("Running", "Git"), ("Running", "Minding"), ("Running", "Forges"), ("Executing", "Store"), ("Executing", "Git"), ("Gating", "Registry"),
    ("Answering", "Watching"), ("Home", "Store"), ("Reading", "Store"),
])
def test_an_import_that_would_break_a_room_is_found(room, stranger):
    assert strangers({stranger: "New.swift"}, allowed_in(room)) == {stranger: "New.swift"}


def writes(text):
    """Ways in which a file could write to the store: to name the type that writes is to be able to."""
    return re.findall(r"(?<![\w.])Store(?![\w])(?!`)", re.sub(r"//.*|^import Store$", "", text, flags=re.M))


def test_answering_cannot_write():
    found = {file.name: writes(file.read_text()) for file in (SOURCES / "Answering").rglob("*.swift")}
    assert {name: places for name, places in found.items() if places} == {}


def test_a_way_to_write_is_found():
    assert writes("import Store\n/// Reads the Store.\nlet store: any StoreReading") == []
    assert writes("let store: Store") == ["Store"]
    assert writes("try await Store(path: home.database).note(deed)") == ["Store"]


@pytest.mark.parametrize("target", SMALL)
def test_what_a_push_waits_for_is_free_of_foundation(target):
    assert set(imports(target)) <= {"CPosix", "Glibc"}


def test_every_target_is_accounted_for():
    known = {*PURE, *HOMES, *ROOMS, *SMALL, "espalier", "CPosix", "Clibgit2", "Clibcrypto", "Clibssl"}
    assert {folder.name for folder in SOURCES.iterdir()} == known


# What a change costs

def drills():
    """Rows of the table: what is added, the most existing files, those files, an example by its names, its own files."""
    rows = re.findall(r"^\| (an? [^|]+) \| ≤ (\d) \| ([^|]+) \| `([^`]+)` \| ([^|]+) \|$", DOCUMENT, re.M)
    return [pytest.param(int(most), re.findall(r"\(\.\./Sources/([^)]+)\)", touched), names,
                         re.findall(r"\(\.\./Sources/([^)]+)\)", own), id=what) for what, most, touched, names, own in rows]


def naming(names):
    """The files of the sources that name one of these, comments left out."""
    word = re.compile(rf"(?<!\w)(?:{names.replace(', ', '|')})(?!\w)")
    return {str(file.relative_to(SOURCES)) for file in SOURCES.rglob("*.swift") if word.search(re.sub(r"//.*", "", file.read_text()))}


def test_the_drills_are_those_that_count():
    assert [param.id.split(" ", 1)[1] for param in drills()] == [
        "metric", "table", "page", "channel", "forge", "kind of step", "trigger", "executor", "secret source"]


@pytest.mark.parametrize("most, touched, names, own", drills())
def test_an_addition_touches_no_more_files_than_the_document_says(most, touched, names, own):
    assert len(touched) <= most
    for file in [*touched, *own]:
        assert (SOURCES / file).is_file(), file
    assert naming(names) - set(own) == set(touched)

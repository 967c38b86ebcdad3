"""Wherever a name is printed, it is a name: it moves no cursor, makes no line of its own and turns no text around."""

import re

import pytest

from attacks import pipeline

# What a terminal obeys: control characters but the end of a line, C1 controls, directions of text, line separators.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
FORGED = "1999-12-31T00:00:00+0000 error espalier : the disk is on fire"
ESCAPE = "\x1b[2J\x1b]0;owned\x07"

# Name → how a push looks: the branch, files, the author, the message.
ATTACKS = {
    "file": ("feature/file", {f"pipelines/a{ESCAPE}.yml": "on: nothing\n"}, "A", "m"),
    "file-with-lines": ("feature/lines", {f"pipelines/a\n{FORGED}\n.yml": "on: nothing\n"}, "A", "m"),
    "step": ("feature/step", {"pipelines/dev.yml": pipeline({f"a{ESCAPE}": "true", f"b\n{FORGED}": "false"})}, "A", "m"),
    "author": ("feature/author", {"x": "1"}, f"Mallory{ESCAPE}", "m"),
    # Not listed.
    "message": ("feature/message", {"x": "2"}, "A", f"Fine{ESCAPE}\r{FORGED}"),
    "c1-in-a-branch": ("feature/a\x9b2J", {"x": "3"}, "A", "m"),
    "direction-in-a-branch": ("feature/\u202egpj.exe", {"x": "4"}, "A", "m"),
    "line-separator-in-a-branch": (f"feature/a\u2028{FORGED.replace(' ', '_').replace(':', '-')}", {"x": "5"}, "A", "m"),
    "branch-of-no-environment": ("lost/a\x9b31m\u202e", {"x": "6"}, "A", "m"),
    "key": ("feature/key", {"pipelines/dev.yml": pipeline({"a": "true"}, **{f"na{ESCAPE}me": 1})}, "A", "m"),
    "environment": ("feature/environment", {f"environments/x{ESCAPE}.yml": 'branches: ["x/**"]\n'}, "A", "m"),
    "value": ("feature/value", {"pipelines/dev.yml": pipeline({
        "a": 'printf "k\\033[2J=v\\033[2J\\nhealth_reason=\\033[2J\\n" >> $ESPALIER_OUTPUT'})}, "A", "m"),
    "last-line-of-a-log": ("feature/log", {"pipelines/dev.yml": pipeline({"a": 'printf "bad\\033[2J\\r\\n"; exit 3'})}, "A", "m"),
}


@pytest.fixture
def project(attacked_once):
    """A new one for each, for what a table shows of one attack it would show of all."""
    made = attacked_once({"environments/staging.yml": "branches: [main]\nprotected: true\ngate: { approvals: 1 }\n",
                          "pipelines/change.yml": pipeline({"check": "true"}, on="change: { target: main, environment: dev }")},
                         options=("--log-level", "trace"))
    yield made
    made.close()


def assert_plain(where, text):
    found = OBEYED.search(text)
    assert not found, f"{where} says {text[max(0, found.start() - 60):found.end() + 60]!r}"
    assert not [line for line in text.splitlines() if line.lstrip().startswith((FORGED, FORGED.replace(" ", "_")))], where


def pushed(project, name, refspec):
    """As somebody of that name; what the person who pushes reads, without what Git says itself."""
    branch, files, author, message = ATTACKS[name]
    project.git("checkout", "--quiet", "-B", f"local-{name}", "main")
    for path, text in files.items():
        project.write(path, text)
    project.git("add", "--all")
    project.git("-c", f"user.name={author}", "commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--message", message, "--author",
                f"{author} <a@example.org>")
    said = project.git("push", "-o", f"topic={name}", "origin", refspec or f"HEAD:refs/heads/{branch}", check=False)
    project.look()
    # Git itself ends each line of the other side with an escape of its own.
    return "\n".join(line.replace("\x1b[K", "").rstrip() for line in said.splitlines() if line.startswith("remote:"))


def tables(project, run=None, change=None):
    """Everything that a person reads on a terminal."""
    commands = [("status",), ("runs",), ("changes",), ("audit",), ("notices",), ("schedules",), ("decisions",), ("doctor",)]
    if run:
        commands += [("runs", run), ("explain", run)]
    if change:
        commands += [("change", "show", change)]
    for words in commands:
        done = project.espalier(*words)
        yield " ".join(map(str, words)), done.stdout + done.stderr
    yield "the daemon's log", (project.folder / "daemon.log").read_text()


@pytest.mark.parametrize("name", ATTACKS)
def test_a_push_prints_plain_names(project, name):
    """CASES: S15"""
    before = project.query("SELECT count(*) FROM event")[0][0]
    assert_plain("the push", pushed(project, name, None))
    assert project.query("SELECT count(*) FROM event")[0][0] > before, "the push was not seen"
    runs = project.ask("runs", "--limit", "1")
    number = project.detail(runs[0]["id"])["run"]["id"] if runs else None
    for where, text in tables(project, run=number):
        assert_plain(where, text)


@pytest.mark.parametrize("name", ["file", "author", "message", "environment"])
def test_a_change_prints_plain_names(project, name):
    """CASES: S15"""
    assert_plain("the push", pushed(project, name, "HEAD:refs/for/main"))
    made = next(one for one in project.ask("changes") if one["topic"] == name)
    for where, text in tables(project, change=made["id"]):
        assert_plain(where, text)


@pytest.mark.parametrize("option", [
    ("--as", f"me{ESCAPE}"), ("--as", f"me\n{FORGED}"), ("--reason", f"why{ESCAPE}\n{FORGED}"), ("--reason", "x\u202ey")])
def test_what_an_operator_says_is_printed_plainly(project, option):
    """CASES: S15, in the audit trail"""
    given = {"--as": "me", "--reason": "why", **dict([option])}
    project.espalier("bypass", "main", *(part for pair in given.items() for part in pair))
    for where, text in tables(project):
        assert_plain(where, text)

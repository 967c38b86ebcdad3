"""`espalier cron`, and what docs/schedules.md says of cron expressions and clock changes."""

import json
import pathlib
import re
import shlex

import pytest

DOCUMENT = (pathlib.Path(__file__).resolve().parents[2] / "docs/schedules.md").read_text()
SESSIONS = re.findall(r"```console\n\$ espalier (cron [^\n]*)\n(.*?)```", DOCUMENT, re.S)
FROM = ("--from", "2026-01-01T00:00:00Z")


def table(heading):
    rows = DOCUMENT.split(f"| {heading} |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
    return [re.fullmatch(r"\| `(.*)` \| (.*) \|", row).groups() for row in rows]


@pytest.mark.parametrize("command, printed", SESSIONS, ids=lambda text: text.splitlines()[0])
def test_the_sessions_of_the_document_are_what_is_printed(espalier, command, printed):
    assert espalier(*shlex.split(command)).stdout == printed


def test_the_document_shows_each_mode_in_spring_and_in_autumn():
    shown = {(month, dst) for command, _ in SESSIONS for month in ("-03-", "-10-") if month in command
             for dst in ("quartz", "elapsed", "") if (f"--dst {dst}" if dst else "--dst") in command or not dst and "--dst" not in command}
    assert {(month, dst) for month in ("-03-", "-10-") for dst in ("quartz", "elapsed", "")} <= shown


@pytest.mark.parametrize("expression, words", table("expression | is due"))
def test_the_expressions_of_the_document_mean_what_it_says(espalier, expression, words):
    asked = json.loads(espalier("cron", expression, "--json").stdout)
    assert asked["explanation"] == words and asked["lints"] == []


@pytest.mark.parametrize("expression, words", table("expression | warning"))
def test_the_warnings_of_the_document_are_given(espalier, expression, words):
    assert [lint["message"] for lint in json.loads(espalier("cron", expression, "--json").stdout)["lints"]] == [words]
    assert f"warning: cron expression, column" in espalier("cron", expression).stdout


def test_a_fire_has_its_moment_in_all_forms(espalier):
    asked = json.loads(espalier("cron", "0 0 11 * * ?", "--timezone", "Asia/Kolkata", "--json", "--count", 2, *FROM).stdout)
    assert asked["fires"] == [
        {"instant": 1767245400, "local": "2026-01-01 11:00:00 +05:30", "utc": "2026-01-01 05:30:00"},
        {"instant": 1767331800, "local": "2026-01-02 11:00:00 +05:30", "utc": "2026-01-02 05:30:00"}]


def test_what_is_never_due_is_said_to_be(espalier):
    assert "It never fires after 2026-01-01 00:00:00 UTC." in espalier("cron", "0 0 0 1 1 ? 2020", *FROM).stdout


@pytest.mark.parametrize("words, code, complaint", [
    (["0 0 25 * * ?"], 1, "cron expression, hours, column 5: 25 is out of range, a value is 0-23; allowed: 0-23"),
    (["0 0 11 * * ?", "--timezone", "Europe/Berln"], 1, "did you mean 'Europe/Berlin'?"),
    (["0 0 11 * * ?", "--from", "tomorrow"], 64, "'tomorrow' is not an RFC 3339 time"),
    (["0 0 11 * * ?", "--count", "0"], 64, "--count must be at least 1"),
    (["0 0 11 * * ?", "--dst", "never"], 64, "wall-once"),
    (["0 0 11 * * ?", "--batch"], 64, "give an expression, or --batch and no expression"),
    ([], 64, "give an expression, or --batch and no expression"),
])
def test_what_is_written_wrongly_is_refused(espalier, words, code, complaint):
    done = espalier("cron", *words)
    assert done.returncode == code and complaint in done.stderr


def test_programs_are_answered_line_by_line(espalier):
    asked = ["0 30 2 * * ?\tEurope/Berlin\t1774699200\t2\twall-once", "0\t30 2 * * ?\tEurope/Berlin\t1774699200\t2\tquartz",
             "0 30 2 * * ?\tEurope/Berlin\t1774699200\t1\telapsed", "0 0 0 1 1 ? 2020\tUTC\t1774699200\t3\tquartz",
             "0 0 25 * * ?\tUTC\t0\t1\tquartz", "0 0 11 * * ?\tEurope/Berln\t0\t1\tquartz", "0 0 11 * * ?\tUTC\t0\t1\tnever", "x"]
    answers = espalier("cron", "--batch", stdin="\n".join(asked) + "\n").stdout.splitlines()
    assert answers[:4] == ["1774746000 1774830600", "1774830600 1774917000", "1774747800", ""]
    assert [answer.startswith("error: ") for answer in answers[4:]] == [True] * 4
    assert "did you mean 'Europe/Berlin'?" in answers[5] and "wall-once, quartz, elapsed" in answers[6]


def test_zones_are_those_of_the_machine(espalier, tmp_path):
    """Not those compiled into the program: a folder that TZDIR names has the only Europe/Berlin that counts."""
    zones = tmp_path / "Europe"
    zones.mkdir()
    (zones / "Berlin").write_bytes(pathlib.Path("/usr/share/zoneinfo/Asia/Tokyo").read_bytes())
    shown = espalier("cron", "0 0 11 * * ?", "--timezone", "Europe/Berlin", *FROM, env={"TZDIR": str(tmp_path)}).stdout
    assert "11:00:00 +09:00" in shown

"""What was decided, approved and done is one signed chain: whoever rewrites it in the store, cuts it or mixes it up is found out."""

import contextlib
import hashlib
import json
import re
import shutil
import sqlite3

import pytest

from registry import log_model, needs_mlflow, prod, release, releasing, start_server

pytestmark = needs_mlflow


@pytest.fixture(scope="module")
def project(attacked_once):
    """Two decisions, of which one waits for an approval and gets it; and some deeds on record. The daemon has ended."""
    with start_server() as server:
        gate = "branches: [main]\nprotected: true\ngate: { approvals: 0 }\n"
        project = attacked_once({
            "environments/prod.yml": prod(server, "approvals: { promote: 1 }\n"), "environments/staging.yml": gate,
            "pipelines/release.yml": releasing(log_model(server.client))})
        for name in "12":
            run = release(project, name)
            assert run["run"]["outcome"] == "passed", project.words(run)
        first = project.ask("decisions")[0]["id"]
        approved = project.espalier("decisions", "approve", first, "--as", "a reviewer")
        for reason in ("one", "two", "three"):
            project.espalier("bypass", "main", "--reason", reason)
        # Where nobody approves by an invented name, there is no approval to rewrite.
        if approved.returncode == 0:
            project.until(lambda: project.ask("decisions", "show", first).get("applied_at"), "it is applied")
        project.end()
        shutil.copytree(project.home, project.folder / "kept", symlinks=True, ignore=shutil.ignore_patterns("socket", "scratch"))
        yield project


@contextlib.contextmanager
def rewritten(project):
    """The store as its file's owner changes it: its triggers are in the file, too. As it was afterwards."""
    store, kept = project.home / "espalier.sqlite", project.folder / "kept"
    with contextlib.closing(sqlite3.connect(store)) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        yield database
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    project.give(project.home)


def restore(project):
    for path in (project.home / "espalier.sqlite", project.home / "espalier.sqlite-wal", project.home / "espalier.sqlite-shm"):
        path.unlink(missing_ok=True)
    for path in (project.folder / "kept").glob("espalier.sqlite*"):
        shutil.copy2(path, project.home / path.name)
    project.give(project.home)


def verified(project):
    """Whether every check that there is says that all is well; what they say."""
    done = [project.espalier(*words) for words in (("decisions", "verify"), ("audit", "verify"))]
    # A command that does not exist has verified nothing.
    known = [one for one in done if "usage" not in one.stderr.lower() and "unexpected" not in one.stderr.lower()]
    assert known
    return all(one.returncode == 0 for one in known), "\n".join(one.stdout + one.stderr for one in known)


def chain_again(database):
    """As somebody who knows how the chain is made: each hash anew, and whatever refers to one."""
    previous = ""
    for number, body in database.execute("SELECT id, body FROM decision ORDER BY id").fetchall():
        made = hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()
        database.execute("UPDATE decision SET previous_hash = ?, hash = ? WHERE id = ?", (previous, made, number))
        database.execute("UPDATE approval SET hash = ? WHERE decision_id = ?", (made, number))
        previous = made


def other_verdict(database):
    for number, body in database.execute("SELECT id, body FROM decision").fetchall():
        changed = re.sub(r'"(commit|model)":"\w+"', r'"\1":"forged"', body)
        assert changed != body
        database.execute("UPDATE decision SET body = ? WHERE id = ?", (changed, number))
    chain_again(database)


def cut_off(database):
    last = database.execute("SELECT max(id) FROM decision").fetchone()[0]
    for table, column in (("approval", "decision_id"), ("alias_move", "decision_id"), ("decision", "id")):
        database.execute(f"DELETE FROM {table} WHERE {column} = ?", (last,))


def reordered(database):
    (a, first), (b, second) = database.execute("SELECT id, body FROM decision ORDER BY id").fetchall()
    database.execute("UPDATE decision SET body = ? WHERE id = ?", (second, a))
    database.execute("UPDATE decision SET body = ? WHERE id = ?", (first, b))
    chain_again(database)


def begun_anew(database):
    for table in ("approval", "alias_move", "decision", "audit"):
        database.execute(f"DELETE FROM {table}")


def sql(*statements):
    def change(database):
        for statement in statements:
            if not database.execute(statement).rowcount:
                pytest.skip("there is nothing to rewrite here: nobody could approve")
    return change


ATTACKS = {
    # Listed.
    "decision": other_verdict,
    "approval-inserted": sql("INSERT INTO approval SELECT id, hash, 'a forger', 1 FROM decision WHERE id = (SELECT max(id) FROM decision)"),
    "audit-rewritten": sql("UPDATE audit SET who = 'somebody else'"),
    # Not listed.
    "audit-deleted": sql("DELETE FROM audit WHERE id = (SELECT min(id) FROM audit)"),
    "audit-cut-off": sql("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)"),
    "audit-inserted": sql("INSERT INTO audit SELECT NULL, project_id, 'a forger', deed, at FROM audit LIMIT 1"),
    "audit-moved-in-time": sql("UPDATE audit SET at = at - 1000000"),
    "approver-renamed": sql("UPDATE approval SET who = 'a forger'"),
    "approval-deleted": sql("DELETE FROM approval"),
    "move-to-another-version": sql("UPDATE alias_move SET to_version = '9'"),
    "move-unconfirmed": sql("UPDATE alias_move SET confirmed_at = NULL"),
    "ledger-cut-off": cut_off, "ledger-reordered": reordered, "all-begun-anew": begun_anew,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_record_that_was_rewritten_does_not_verify(project, name):
    """CASES: S16"""
    try:
        with rewritten(project) as database:
            ATTACKS[name](database)
        well, said = verified(project)
        assert not well, said
    finally:
        restore(project)


def test_a_record_that_was_not_rewritten_verifies(project):
    """What the attacks above rely on: with and without the triggers of the store."""
    well, said = verified(project)
    assert well, said


def test_an_export_that_was_cut_off_is_found_out(project):
    """CASES: S16, in a copy: who is given one sees that its end is missing"""
    lines = project.espalier("decisions", "export").stdout.splitlines()
    assert len(lines) == 2 and json.loads(lines[0])
    file = project.folder / "ledger.jsonl"
    file.write_text(lines[0] + "\n")
    done = project.espalier("decisions", "verify", "--file", file)
    assert done.returncode != 0 or "checkpoint" in done.stdout + done.stderr

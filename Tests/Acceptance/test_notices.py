"""People hear of what went wrong and what went live, once, whatever crashes (docs/notifications.md)."""

import hashlib
import hmac
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from receivers import MailReceiver, WebReceiver
from story import ROOT

sys.path.append(str(ROOT / "scripts/bench"))

DEV = """\
on: { push: { environment: dev } }
steps:
  work: { run: 'env | grep SECRET; cat says 2>/dev/null; cat values >> $ESPALIER_OUTPUT 2>/dev/null; [ ! -e broken ]' }
  after: { needs: [work], run: 'true' }
"""
SECRET = "a secret of the hospital"
SECRETS = {"ESPALIER_SECRET_HOOK": SECRET, "ESPALIER_SECRET_USER": "espalier", "ESPALIER_SECRET_PASSWORD": 'pass "word" \\ü'}
ALL = "[failure, recovery, missed, drift, promotion, rollback, approval]"


@pytest.fixture
def web():
    receiver = WebReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def mail(tmp_path):
    """Makes mail servers."""
    made = []

    def make(*arguments, **options):
        made.append(MailReceiver(tmp_path, *arguments, **options))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


@pytest.fixture
def telling(watch):
    """Makes a project whose dev environment has these channels, by name."""

    def make(channels, env=None, **options):
        written = "".join(f"  {name}: {channel}\n" for name, channel in channels.items())
        files = {"environments/dev.yml": f'branches: ["feature/**"]\nnotify:\n{written}', "pipelines/dev.yml": DEV}
        return watch(files, env={**SECRETS, **(env or {})}, **options)

    return make


def hook(web, on=ALL, more=""):
    return f"{{ on: {on}, webhook: {{ url: '{web.url}', secret: ESPALIER_SECRET_HOOK }}{more} }}"


def letters(server, to="ops@example.org", more="", on=ALL):
    return (f"{{ on: {on}, email: {{ to: [{to}], from: espalier@example.org, server: '{server.url}'{more} }} }}")


PLAIN, LOGIN = ", tls: none", ", user: ESPALIER_SECRET_USER, password: ESPALIER_SECRET_PASSWORD"


def push(project, branch, files, start="main", **ends):
    commit = project.branch(branch, files, start)
    project.git("push", "origin", f"+{branch}")
    run = project.run_once(commit=commit)
    assert run["run"]["outcome"] == ends.get("outcome", run["run"]["outcome"])
    return run


def fail(project, branch="feature/x", files=None, start="main"):
    return push(project, branch, {"broken": "", "says": "one\ntwo\n", **(files or {})}, start, outcome="failed")


def notices(project, **filters):
    """What `espalier notices` lists, oldest first."""
    found = reversed(project.ask("notices"))
    return [one for one in found if all(one[key] == value for key, value in filters.items())]


def settled(project, count, **filters):
    return project.until(lambda: len(found := notices(project, **filters)) >= count and found, f"{count} of {filters}")


# What is told, and to whom


def test_a_failing_run_tells_once_with_all_that_a_program_needs(telling, web):
    project = telling({"ops": hook(web)})
    run = fail(project)["run"]
    post = web.next()
    address = (project.home / "address").read_text().strip()
    said = {key: post[key] for key in ("kind", "project", "environment", "run", "branch", "pipeline", "commit", "url")}
    assert said == {"kind": "failure", "project": "shop", "environment": "dev", "run": run["id"], "branch": "feature/x",
                    "pipeline": "dev", "commit": run["commit"], "url": f"{address}runs/{run['id']}"}
    assert post["title"] == f"shop dev: dev on feature/x failed (run {run['id']})"
    assert post["text"].startswith(post["title"]) and "work: failed, exit code 1" in post["text"] and post["url"] in post["text"]
    assert post["details"]["steps"] == [{"name": "work", "state": "failed", "detail": "exit code 1"}]
    assert post["details"]["log"] == ["one", "two"] and post["details"]["outcome"] == "failed" and post["details"]["count"] == 1
    assert set(post.said) == {"kind", "id", "project", "environment", "run", "branch", "pipeline", "commit", "title", "text",
                              "url", "at", "details"}
    signature = "sha256=" + hmac.new(SECRET.encode(), post.body, hashlib.sha256).hexdigest()
    assert post.headers["X-Espalier-Signature-256"] == signature
    assert post.headers["Idempotency-Key"] == post["id"] and post.headers["X-Espalier-Kind"] == "failure"
    assert post.headers["Content-Type"] == "application/json"
    listed = settled(project, 1, state="sent")
    assert [(one["key"], one["title"], one["attempts"], one["channel"]) for one in listed] == [(post["id"], post["title"], 1, "ops")]
    assert post["title"] in project.espalier("notices").stdout
    assert len(web.posts) == 1


def test_a_run_that_passes_or_was_meant_to_end_tells_nothing(telling, web):
    project = telling({"ops": hook(web)})
    slow = {"pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { work: { run: 'sleep 60' } }\n"}
    project.branch("feature/slow", slow)
    project.push("feature/slow")
    project.until(lambda: project.runs(outcome="running"), "it runs")
    project.ask("cancel", "1")
    assert project.detail(1)["run"]["outcome"] == "cancelled"
    push(project, "feature/fine", {"note": ""}, outcome="passed")
    fail(project)
    assert web.next()["kind"] == "failure" and len(project.ask("notices")) == 1


def test_the_next_run_that_passes_is_a_recovery(telling, web):
    project = telling({"ops": hook(web)})
    failed = fail(project)["run"]["id"]
    assert web.next()["kind"] == "failure"
    push(project, "feature/other", {"note": ""}, outcome="passed")
    project.git("rm", "--quiet", "broken", check=False)
    passed = push(project, "feature/x", {"broken-no-more": ""}, "main", outcome="passed")["run"]["id"]
    post = web.next()
    assert (post["kind"], post["run"], post["details"]["previous_run"]) == ("recovery", passed, failed)
    push(project, "feature/x", {"note": "again"}, outcome="passed")
    assert [one["kind"] for one in notices(project)] == ["failure", "recovery"]


def test_a_run_that_passes_when_it_is_tried_again_is_a_recovery(telling, web):
    project = telling({"ops": hook(web)})
    flag = project.data() / "well"
    run = push(project, "feature/x", {"pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { work: { run: '[ -e $ESPALIER_DATA/well ]' } }\n"}, outcome="failed")["run"]["id"]
    assert web.next()["kind"] == "failure"
    flag.touch()
    project.espalier("retry", run, "--wait")
    post = web.next()
    assert (post["kind"], post["run"], post["details"]["previous_run"]) == ("recovery", run, run)


def test_drift_that_a_step_reports_is_told_when_the_run_passes(telling, web):
    project = telling({"ops": hook(web)})
    fail(project, "feature/broken", {"values": "drift=detected\n"})
    assert web.next()["kind"] == "failure"
    push(project, "feature/x", {"values": "drift=detected\ndrift_reason=gestation is 3 days shorter\n"}, outcome="passed")
    post = web.next()
    assert post["kind"] == "drift" and post["details"]["drift"] == [{"name": "work", "reason": "gestation is 3 days shorter"}]
    assert len(notices(project)) == 2


def test_a_channel_hears_what_it_asks_for_of_the_pipelines_that_it_names(telling, web):
    other = WebReceiver()
    project = telling({"a": hook(web, "[recovery]"), "b": hook(web, "[failure]", ", pipelines: [inference]"), "c": hook(other, "failure", ", pipelines: [d*]")})
    fail(project)
    assert other.next()["kind"] == "failure"
    assert [one["channel"] for one in notices(project)] == ["c"] and web.posts == []
    other.close()


def test_a_branch_cannot_have_others_told(telling, web):
    stranger = WebReceiver()
    project = telling({"ops": hook(web)})
    fail(project, files={"environments/dev.yml": f'branches: ["feature/**"]\nnotify:\n  ops: {hook(stranger)}\n'})
    assert web.next()["kind"] == "failure" and stranger.posts == []
    assert "notify.ops.webhook.url differs from main" in " ".join(project.now(1)["notes"])
    stranger.close()


def test_a_template_says_it_otherwise(telling, web):
    project = telling({"ops": hook(web, more=', template: "{{environment}}/{{branch}}: {{ kind }} of {{pipeline}} <{{reason}}>"')})
    fail(project)
    assert web.next()["text"] == "dev/feature/x: failure of dev &lt;work: failed, exit code 1&gt;"


def test_many_of_the_same_are_told_together(telling, web):
    project = telling({"ops": hook(web, more=", quiet: 40s"), "slow": hook(web, more=", quiet: 1h")})
    fail(project)
    first, second = web.next(), web.next()
    for number in range(3):
        fail(project, files={"number": str(number)})
    together = web.next(120)
    assert {first["details"]["count"], second["details"]["count"]} == {1}
    assert together["details"]["count"] == 3 and together["title"].endswith("; 3 in all") and together["run"] == 4
    assert [title.split("(")[1] for title in together["details"]["earlier"]] == ["run 2)", "run 3)"]
    waiting, = notices(project, state="waiting")
    assert (waiting["channel"], waiting["count"]) == ("slow", 3) and len(web.posts) == 3
    # A recovery is told at once, and what it makes untrue is not told any more.
    push(project, "feature/x", {"note": "well"}, outcome="passed")
    kinds = {web.next()["kind"] for _ in range(2)}
    assert kinds == {"recovery"} and [one["channel"] for one in notices(project, state="replaced")] == ["slow"]


# What crashes, and servers that do not take it


def test_a_fact_whose_daemon_died_before_it_was_told_is_told_once(telling, web):
    project = telling({"ops": hook(web)}, env={"ESPALIER_FAILPOINT": "run.ended@1"})
    project.branch("feature/x", {"broken": ""})
    project.push("feature/x")
    project.daemon.wait(60)
    assert web.posts == [] and project.query("SELECT count(*) FROM notice") == [(1,)]
    project.daemon, project.extra = None, SECRETS
    project.serve()
    post = web.next()
    settled(project, 1, state="sent")
    project.end(signal.SIGKILL)
    project.serve()
    fail(project, "feature/y")
    assert web.next()["branch"] == "feature/y"
    assert [one["id"] for one in web.posts].count(post["id"]) == 1


def test_a_message_whose_daemon_died_while_it_was_sent_comes_again_as_the_same(telling, web):
    project = telling({"ops": hook(web)}, options=("--url", "https://ci.example.org"))
    web.heard = lambda post: len(web.posts) == 1 and project.daemon.send_signal(signal.SIGKILL)
    project.branch("feature/x", {"broken": ""})
    project.push("feature/x")
    project.daemon.wait(60)
    project.daemon = None
    project.serve()
    first, again = web.next(), web.next()
    assert first.body == again.body and first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]
    assert first["url"] == "https://ci.example.org/runs/1"
    settled(project, 1, state="sent")
    assert list((project.home / "outgoing").iterdir()) == []


def test_a_server_that_cannot_now_is_asked_again(telling, web):
    web.answers = [(503, {}), (429, {"Retry-After": "1"})]
    project = telling({"ops": hook(web)})
    fail(project)
    posts = [web.next(), web.next(), web.next()]
    assert len({post.body for post in posts}) == 1
    listed, = settled(project, 1, state="sent")
    assert listed["attempts"] == 3 and "trouble" not in listed
    assert project.ask("status")["undelivered"] == []


def test_a_message_that_is_refused_is_given_up_and_keeps_nobody_waiting(telling, web):
    project = telling({"ops": hook(web)})
    web.heard = lambda post: web.answers.__setitem__(slice(None), [(400, {})] if post["branch"] == "feature/x" else [])
    fail(project)
    refused = web.next()
    fail(project, "feature/y")
    assert project.until(lambda: notices(project, state="sent"), "the other is told")[0]["title"].count("feature/y")
    given_up, = settled(project, 1, state="undelivered")
    assert (given_up["key"], given_up["attempts"]) == (refused["id"], 4)
    assert given_up["trouble"] == "it answered 400: status 400"
    assert "ops of dev: shop dev: dev on feature/x failed (run 1): it answered 400" in project.espalier("status").stdout
    assert "undelivered" in project.espalier("notices").stdout


def test_a_dead_server_delays_neither_runs_nor_others(telling, web):
    with socket.socket() as dead:
        # It takes connections, and never says a word.
        dead.bind(("127.0.0.1", 0))
        dead.listen(50)
        port = dead.getsockname()[1]
        silent = f"{{ on: failure, webhook: {{ url: 'http://127.0.0.1:{port}/' }} }}"
        mute = f"{{ on: failure, email: {{ to: a@b.org, from: c@d.org, server: 'smtp://127.0.0.1:{port}', tls: none }} }}"
        project = telling({"a-dead": silent, "b-mute": mute, "ops": hook(web)})
        for number in range(3):
            fail(project, f"feature/{number}")
            assert web.next()["branch"] == f"feature/{number}"
        assert len(notices(project, state="waiting")) == 6
        began = time.monotonic()
        project.end()
        assert time.monotonic() - began < 20, "the daemon does not wait for them either"
    project.serve()
    project.until(lambda: any("connect" in one["trouble"].lower() for one in notices(project, channel="a-dead")), "trouble is noted")
    assert {one["channel"] for one in project.ask("status")["undelivered"]} <= {"a-dead", "b-mute"}


def test_a_secret_that_the_daemon_lacks_is_asked_for_and_comes_with_the_next_start(telling, web):
    project = telling({"ops": f"{{ on: failure, webhook: {{ url: ESPALIER_SECRET_URL }} }}"})
    fail(project)
    waiting, = project.until(lambda: [one for one in notices(project) if "trouble" in one], "trouble")
    assert waiting["trouble"] == "the daemon has no variable ESPALIER_SECRET_URL: start it with that"
    project.end()
    project.extra = {"ESPALIER_SECRET_URL": web.url}
    project.serve()
    post = web.next()
    assert post["id"] == waiting["key"] and "X-Espalier-Signature-256" not in post.headers


# Mail


def test_a_mail_is_what_mail_programs_understand(telling, mail):
    server = mail("starttls", login=("espalier", SECRETS["ESPALIER_SECRET_PASSWORD"]))
    project = telling({"ops": letters(server, more=LOGIN)}, env={"CURL_CA_BUNDLE": str(server.certificate)})
    # What Git lets into the name of a branch, and a log.
    run = fail(project, "feature/ü\u2028Bcc\u0085x", {"says": ".\n.dot\nFrom here ü\n\x1b[31mred\x1b[0m\n" + "long " * 300 + "\n"})
    mail = server.next()
    message = mail.message
    assert mail.is_encrypted and server.logins == [("espalier", SECRETS["ESPALIER_SECRET_PASSWORD"])]
    assert (mail.sender, mail.recipients, message["From"], message["To"]) == (
        "espalier@example.org", ["ops@example.org"], "espalier@example.org", "ops@example.org")
    assert message["Subject"] == f"shop dev: dev on feature/ü Bcc x failed (run {run['run']['id']})"
    assert sorted(message.keys()) == sorted(["Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version",
                                             "Content-Type", "Content-Transfer-Encoding"])
    listed, = settled(project, 1, state="sent")
    assert message["Message-ID"] == f"<{listed['key']}@example.org>" and message["Date"].datetime
    assert message["Auto-Submitted"] == "auto-generated" and message.get_content_type() == "text/plain"
    lines = mail.text.splitlines()
    assert ["  .", "  .dot", "  From here ü", "  red"] == lines[lines.index("  ."):][:4]
    assert mail.raw.isascii() and max(map(len, mail.raw.split(b"\r\n"))) <= 76 and b"\n" not in mail.raw.replace(b"\r\n", b"")
    assert listed["recipient"] == "ops@example.org"
    secrets = ["pass", "ESPALIER_SECRET"]
    assert mail.commands and not any(secret in command for command in mail.commands for secret in secrets)


def test_mail_over_tls_from_the_first_byte(telling, mail):
    server = mail("smtps", login=("espalier", SECRETS["ESPALIER_SECRET_PASSWORD"]))
    project = telling({"ops": letters(server, more=LOGIN)}, env={"CURL_CA_BUNDLE": str(server.certificate)})
    fail(project)
    assert server.next().recipients == ["ops@example.org"] and server.logins


def test_mail_waits_for_a_server_that_can_be_trusted(telling, mail):
    server, plain = mail("starttls"), mail("plain")
    project = telling({"ops": letters(server), "other": letters(plain)})
    fail(project)
    troubled = project.until(
        lambda: len(found := [one for one in notices(project, state="waiting") if "trouble" in one]) == 2 and found, "trouble")
    troubles = {one["channel"]: one["trouble"] for one in troubled}
    assert "certificate" in troubles["ops"] and "STARTTLS" in troubles["other"] and server.mails == plain.mails == []
    project.end()
    project.extra = {**SECRETS, "CURL_CA_BUNDLE": str(server.certificate)}
    project.serve()
    assert server.next().recipients == ["ops@example.org"]


def test_a_recipient_that_is_refused_keeps_it_from_nobody_else(telling, mail):
    server = mail("plain")
    server.refusals = {"gone@example.org": ["550 no such user"], "later@example.org": ["451 not now", "451 not now"]}
    project = telling({"ops": letters(server, "gone@example.org, later@example.org, here@example.org", PLAIN)})
    fail(project)
    taken = sorted(server.next().recipients[0] for _ in range(2))
    assert taken == ["here@example.org", "later@example.org"]
    refused, = settled(project, 1, state="undelivered")
    assert (refused["recipient"], refused["attempts"]) == ("gone@example.org", 4) and "550" in refused["trouble"]
    assert len(server.mails) == 2


# Models


STEP = """\
on: { push: { environment: prod } }
steps:
  train: { run: 'echo "model_uri=mlflow-artifacts:/models/$ESPALIER_RUN" >> $ESPALIER_OUTPUT' }
  register: { needs: [train], register: { model: "${steps.train.outputs.model_uri}" } }
  score: { needs: [register], run: 'cp evidence.csv $ESPALIER_OUTPUTS/evidence.csv', outputs: [evidence] }
  promote: { needs: [score], promote: { evidence: "${steps.score.outputs.evidence}", floor: { roc_auc: 0.6 }, improve: { metric: roc_auc, by: 0 } } }
"""


def evidence(challenger, champion=None):
    """Rows whose scores tell the labels apart as well as that."""
    lines = ["id,label,challenger" + (",champion" if champion is not None else "")]
    for row in range(400):
        label, noise = row % 2, (row * 7919 % 997) / 997
        scores = [label * quality + noise for quality in ([challenger] if champion is None else [challenger, champion])]
        lines.append(",".join(map(str, [row, label, *scores])))
    return "\n".join(lines) + "\n"


@pytest.fixture
def registry():
    from registry_double import RegistryDouble
    double = RegistryDouble()
    yield double
    double.close()


def test_what_becomes_of_champions_is_told(watch, web, registry):
    def prod(approvals):
        return (f'branches: ["release/**"]\nprotected: true\napprovals: {{ promote: {approvals} }}\n'
                f"registry: {{ server: '{registry.url}', model: risk, aliases: {{ candidate: challenger, incumbent: champion }}, smoke: 'true' }}\n"
                f"notify:\n  ops: {hook(web, more=', quiet: 1s')}\n")

    project = watch({"environments/prod.yml": prod(0), "pipelines/release.yml": STEP, "evidence.csv": evidence(0.9)},
                    env=SECRETS)

    def release(name, scores, approvals=0):
        return push(project, f"release/{name}", {"evidence.csv": scores, "environments/prod.yml": prod(approvals)}, outcome="passed")

    release("1", evidence(0.9))
    first = web.next()
    assert (first["kind"], first["title"]) == ("promotion", "shop prod: risk 1 is champion (decision 1)")
    release("2", evidence(0.5, 0.9))
    held = web.next()
    assert (held["kind"], held["title"]) == ("promotion", "shop prod: risk 2 was not promoted (decision 2)")
    decided = project.ask("decisions", "show", 2)
    assert held["details"] | {"count": 1} == {
        "count": 1, "earlier": [], "decision": 2, "model": "risk", "from": "1", "to": "2", "standing": "held",
        "reasons": decided["reasons"]}
    assert any("challenger" in reason and "champion" in reason for reason in held["details"]["reasons"])
    release("3", evidence(0.9, 0.1), approvals=1)
    waits = web.next()
    assert (waits["kind"], waits["title"]) == ("approval", "shop prod: risk 3 has 1 pending approval (decision 3)")
    assert waits["details"]["approvals_missing"] == 1 and "espalier decisions approve 3" in waits["text"]
    project.espalier("decisions", "approve", 3, "--as", "the operator")
    promoted = web.next()
    assert (promoted["kind"], promoted["title"]) == ("promotion", "shop prod: risk 3 is champion, after 1 (decision 3)")
    done = project.espalier("rollback", "risk", "--reason", "alarms on the ward", "--as", "the operator", "--wait")
    assert done.returncode == 0, done.stdout + done.stderr
    back = web.next()
    assert (back["kind"], back["title"]) == ("rollback", "shop prod: risk was rolled back to 1, after 3 (decision 4)")
    assert "alarms on the ward" in back["text"]
    # Decided, and then somebody else moves the alias: nobody would see that the approval came to nothing.
    release("4", evidence(0.9, 0.1), approvals=1)
    assert web.next()["kind"] == "approval"
    registry.answer("POST", "registered-models/alias", {"name": "risk", "alias": "champion", "version": "2"})
    project.espalier("decisions", "approve", 5, "--as", "the operator")
    void = web.next()
    assert (void["kind"], void["details"]["standing"]) == ("promotion", "void") and "meanwhile" in void["details"]["reason"]
    assert len(web.posts) == 7


# The commands


def test_a_channel_can_be_tried(telling, web, mail):
    server = mail("plain")
    server.refusals = {"gone@example.org": ["550 no such user"]}
    project = telling({"ops": hook(web), "people": letters(server, "a@example.org, gone@example.org", PLAIN)})
    done = project.espalier("notices", "test", "ops", "--environment", "dev")
    assert (done.returncode, done.stdout) == (0, "ops: sent\n")
    post = web.next()
    assert (post["kind"], post["title"]) == ("test", "shop dev: this is a test")
    done = project.espalier("notices", "test", "people", "--environment", "dev")
    assert done.returncode == 1 and "a@example.org: sent\ngone@example.org: not sent: " in done.stderr and "550" in done.stderr
    assert "this is a test" in server.next().message["Subject"]
    for arguments, sentence in [(("opps", "dev"), "there is no channel 'opps'; did you mean 'ops'?"),
                                (("ops", "deb"), "there is no environment 'deb'; did you mean 'dev'?"),
                                (("ops", "prod"), "environment 'prod' has no channels: add notify: to it")]:
        done = project.espalier("notices", "test", arguments[0], "--environment", arguments[1])
        assert done.returncode == 1 and sentence in done.stderr
    assert project.ask("notices") == []
    project.end()
    done = project.espalier("notices", "test", "ops", "--environment", "dev")
    assert done.returncode == 1 and "no daemon is running" in done.stderr


def test_the_doctor_looks_for_curl_where_somebody_is_to_be_told(telling, web, tmp_path):
    project = telling({"ops": hook(web)})
    assert "notices" not in {finding["subject"] for finding in project.ask("doctor")}
    fail(project)
    finding = lambda: next(one for one in project.ask("doctor") if one["subject"] == "notices")
    assert finding()["state"] == "ok"
    for program in ("git", "env", "bwrap"):
        (tmp_path / program).symlink_to(subprocess.run(["which", program], text=True, capture_output=True).stdout.strip())
    done = subprocess.run([project.binaries / "espalier", "doctor"], env={**project.environment, "PATH": str(tmp_path)},
                          text=True, capture_output=True)
    assert done.returncode == 1 and "apt-get install curl" in done.stdout


def test_the_document_says_what_is_so(espalier, tmp_path):
    text = (ROOT / "docs/notifications.md").read_text()
    (tmp_path / "environments").mkdir()
    example = re.search(r"```yaml\n(.*?)```", text, re.S)[1]
    (tmp_path / "environments/prod.yml").write_text(f'branches: ["release/**"]\n{example}')
    done = espalier("validate", tmp_path)
    assert done.returncode == 0, done.stdout
    table = text.split("## What is told")[1].split("## Storms")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == [*ALL.strip("[]").split(", "), "trouble"]
    (tmp_path / "environments/prod.yml").write_text(f'branches: ["release/**"]\n{example}'.replace("{{title}}", "{{x}}"))
    fields = re.search(r"known here: (.*)\)", espalier("validate", tmp_path).stdout)[1].split(", ")
    listed = re.findall(r"`\{\{(\w+)\}\}`", text.split("## Templates")[1].split("##")[0])
    assert sorted(fields) == sorted(listed)


def test_what_is_wrong_with_a_channel_is_said_before_anything_runs(espalier, tmp_path):
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/dev.yml").write_text(
        'branches: ["feature/**"]\nnotify:\n  ops: { on: [failuer], webhook: { url: https://chat.example.org/ } }\n')
    done = espalier("validate", tmp_path)
    assert done.returncode == 1 and "dev.yml:3:15: notify.ops.on: 'failuer' is not one of" in done.stdout
    assert "did you mean 'failure'?" in done.stdout

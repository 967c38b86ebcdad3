"""Taking on a repository: this machine's by its hooks, another's by a mirror."""

import contextlib
import http.server
import os
import shutil
import threading

import pytest


def test_what_exists_at_adoption_starts_nothing(watch):
    project = watch(adopt=False)
    project.branch("feature/old")
    project.push("feature/old")
    project.adopt()
    project.serve()
    project.look()
    assert not project.runs()
    project.commit_files({"note.txt": "new\n"})
    project.push("feature/old")
    assert project.run_once(branch="feature/old")


def test_adopting_twice_changes_nothing(watch):
    project = watch()
    project.branch("feature/one")
    project.push("feature/one")
    hook = (project.bare / "hooks/post-receive").read_text()
    again = project.adopt()
    assert again["watched"] and again["name"] == "hospital"
    assert (project.bare / "hooks/post-receive").read_text() == hook
    assert not (project.bare / "hooks/post-receive.local").exists()
    project.look()
    assert len(project.runs()) == 1 and len(project.ask("status")["projects"]) == 1


def test_a_running_daemon_watches_what_is_adopted(watch):
    project = watch(adopt=False)
    project.serve()
    assert project.adopt()["watched"]
    project.branch("feature/one")
    assert "espalier: run 1" in project.push("feature/one")


def test_the_hook_that_was_there_still_runs(watch):
    project = watch(adopt=False)
    hook = project.bare / "hooks/post-receive"
    hook.write_text("#!/bin/sh\necho old hook:; cat\n")
    hook.chmod(0o755)
    for _ in range(2):
        project.adopt()
    project.serve()
    commit = project.branch("feature/one")
    said = project.push("feature/one")
    assert "espalier: run 1" in said and "old hook:" in said and f"{commit} refs/heads/feature/one" in said
    assert (project.bare / "hooks/post-receive.local").read_text().startswith("#!/bin/sh\necho old hook")


def test_another_project_of_the_same_name_is_refused(watch):
    project = watch()
    other = project.folder / "elsewhere/hospital.git"
    project.call("git", "init", "--quiet", "--bare", other)
    done = project.espalier("adopt", other)
    assert done.returncode == 1 and "choose another --name" in done.stderr


@pytest.mark.parametrize("make, sentence", [
    (None, "nosuch.git"),
    (("mkdir",), "could not find repository"),
    (("git", "init", "--quiet", "--bare", "--object-format=sha256"), "convert it with git (SHA-1 objects, file refs)"),
])
def test_what_cannot_be_adopted_is_refused_clearly(watch, tmp_path, make, sentence):
    project = watch(adopt=False)
    place = tmp_path / "nosuch.git"
    if make:
        project.call(*make, place)
    done = project.espalier("adopt", place)
    assert done.returncode == 1 and sentence in done.stderr and str(place) in done.stderr
    assert not project.ask("status")["projects"]


@contextlib.contextmanager
def over_http(project):
    """`git http-backend` behind Python's own server; the URL of the bare repository."""
    root = project.folder / "www"
    script = root / "cgi-bin/git"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\nGIT_PROJECT_ROOT={project.folder} GIT_HTTP_EXPORT_ALL=1 exec git http-backend\n")
    script.chmod(0o755)
    # The server's CGI runs as `nobody` when it is root's.
    for folder in (project.folder, root, script.parent):
        folder.chmod(0o755)
    nobody = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    with pytest.MonkeyPatch.context() as patch:
        for key, value in nobody.items():
            patch.setenv(key, value)
        handler = type("Quiet", (http.server.CGIHTTPRequestHandler,), {"log_message": lambda *_: None})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: handler(*a, directory=str(root)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/cgi-bin/git/{project.bare.name}"
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_a_remote_repository_is_mirrored_and_followed(watch, scheme):
    project = watch(adopt=False, options=("--fetch-every", "1"))
    with over_http(project) if scheme == "http" else contextlib.nullcontext(f"file://{project.bare}") as url:
        adopted = project.adopt(url)
        assert adopted["url"] == url and not adopted["hooks"]
        project.serve()
        project.look()
        assert not project.runs()
        commit = project.branch("feature/far")
        project.push("feature/far")
        run = project.run_once(branch="feature/far")
        assert (run["run"]["outcome"], run["run"]["commit"]) == ("passed", commit)
        project.git("push", "--quiet", "origin", ":feature/far")
        project.until(lambda: "branch 'feature/far' was deleted" in project.remarks(), "the deletion is noticed")
    assert len(project.runs()) == 1


def test_a_remote_that_is_away_for_a_while_is_followed_again(watch):
    project = watch(adopt=False, options=("--fetch-every", "1"))
    project.adopt(f"file://{project.bare}")
    away = project.folder / "away.git"
    shutil.move(project.bare, away)
    project.serve()
    project.until(lambda: "failed: cannot" in (project.folder / "daemon.log").read_text(), "the failure is logged")
    shutil.move(away, project.bare)
    project.branch("feature/back")
    project.push("feature/back")
    assert project.run_once(branch="feature/back")["run"]["outcome"] == "passed"


def test_adopting_again_with_another_url_takes_effect_at_once(watch):
    """CASES: R12"""
    project = watch(adopt=False, options=("--fetch-every", "1"))
    project.adopt(f"file://{project.bare}", "--name", "shop")
    project.serve()
    moved = project.bare.with_name("moved.git")
    shutil.copytree(project.bare, moved)
    assert project.adopt(f"file://{moved}", "--name", "shop")["watched"]
    project.branch("feature/there")
    project.git("push", "--quiet", f"file://{moved}", "feature/there")
    assert project.run_once(branch="feature/there")["run"]["outcome"] == "passed"

"""What a step may see and change: its checkout, TMPDIR, ESPALIER_OUTPUTS, ESPALIER_DATA, and nothing else of the machine."""

import pytest

STEPS = """\
on: { push: { environment: dev } }
steps:
  writes:
    run: |
      for place in . $TMPDIR $HOME $ESPALIER_OUTPUTS $ESPALIER_DATA; do
        echo x > $place/written && echo "may write" || echo "cannot write $place"
      done
      echo "changed by the first step" > file.txt
      echo x > new.txt
  outside:
    needs: [writes]
    run: |
      for place in / /etc /usr /root /var/tmp $(dirname $ESPALIER_OUTPUTS) HOME_FOLDER HOME_FOLDER/runs REPOSITORY; do
        (echo x > $place/escaped) 2> /dev/null && echo "wrote $place" || echo "refused"
      done
      (echo x > $ESPALIER_CONFIG) 2> /dev/null && echo "wrote the configuration" || echo "refused"
      true
  hidden:
    needs: [writes]
    run: |
      ls -A HOME_FOLDER HOME_FOLDER/data/shop HOME_FOLDER/runs
      for file in HOME_FOLDER/espalier.sqlite HOME_FOLDER/socket HOME_FOLDER/data/shop/prod/secret HOME_FOLDER/workspaces; do
        [ -e $file ] && echo "sees $file"
      done
      true
  next:
    needs: [writes]
    run: 'cat file.txt; ls'
  processes:
    run: 'ls /proc | grep -c "^[0-9]"; kill -0 DAEMON 2> /dev/null && echo "reaches the daemon"; true'
  environment:
    run: 'env | cut -d= -f1 | sort'
"""


@pytest.fixture(scope="module")
def project(watch_all):
    project = watch_all(adopt=False, env={"SECRET": "1", "ESPALIER_SECRET": "1", "MLFLOW_TRACKING_TOKEN": "1"})
    (project.data("prod") / "secret").write_text("of production\n")
    project.adopt()
    project.serve()
    steps = STEPS.replace("HOME_FOLDER", str(project.home)).replace("REPOSITORY", str(project.bare))
    project.branch("feature/x", {"file.txt": "as committed\n", "pipelines/dev.yml": steps.replace("DAEMON", str(project.daemon.pid))})
    project.push("feature/x")
    run = project.run_once(branch="feature/x")
    assert run["run"]["outcome"] == "passed", run
    return project


def printed(project, step):
    return project.log(1, step).splitlines()


def test_a_step_writes_where_it_may(project):
    assert printed(project, "writes") == ["may write"] * 5


def test_a_step_writes_nowhere_else(project):
    # A folder that is hidden is an empty one of the step's own: what it writes there is nowhere afterwards.
    wrote = [line for line in printed(project, "outside") if line != "refused"]
    own = f"{project.home}/scratch/1.outside.1/own"
    assert set(wrote) <= {"wrote /var/tmp", f"wrote {project.home}", f"wrote {project.home}/runs", f"wrote {own}"}
    assert not list(project.folder.rglob("escaped"))


def test_a_step_does_not_see_the_daemons_home(project):
    seen = [line for line in printed(project, "hidden") if line.startswith("sees")]
    assert seen == [] and "prod" not in printed(project, "hidden")
    assert "espalier.sqlite" not in printed(project, "hidden")


def test_what_a_step_does_to_its_checkout_ends_with_it(project):
    assert printed(project, "next")[0] == "as committed"
    assert "new.txt" not in printed(project, "next") and "written" not in printed(project, "next")
    (tree,) = [folder for folder in (project.home / "workspaces").iterdir()]
    assert (tree / "file.txt").read_text() == "as committed\n" and not (tree / "new.txt").exists()


def test_a_step_sees_only_its_own_processes(project):
    count, *rest = printed(project, "processes")
    assert int(count) < 10 and rest == []


def test_nothing_of_the_daemons_environment_leaks(project):
    names = set(printed(project, "environment"))
    assert names <= {
        "PATH", "CI", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "PWD", "SHLVL", "OLDPWD", "_", "ESPALIER_RUN", "ESPALIER_STEP",
        "ESPALIER_COMMIT", "ESPALIER_ATTEMPT", "ESPALIER_BRANCH", "ESPALIER_ENVIRONMENT", "ESPALIER_CONFIG", "ESPALIER_OUTPUTS",
        "ESPALIER_OUTPUT", "ESPALIER_INPUTS", "ESPALIER_DATA",
    }


def test_temporary_files_and_layers_are_gone_afterwards(project):
    left = {path.name for path in project.home.glob("runs/1/*/1/*")}
    assert not left & {"tmp", "work"} and {"log", "exit", "outputs"} <= left

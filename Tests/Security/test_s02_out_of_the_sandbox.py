"""A step cannot undo its sandbox: it has no capabilities, makes no namespaces, mounts nothing and signals nobody outside.

Each attack tries to come to the host's files; whether it got there is seen on the host, not in what its commands say."""

import os

import pytest

from attacks import STARTED, attempt, log_of_attack, pipeline

# Name → command. What fails is said in the log, and the next thing is tried.
ATTACKS = {
    # Listed.
    "remount": """
        mount -o remount,rw / && echo x > @MINE@
        mount -o remount,rw,bind / && echo x > @MINE@
        """,
    "unmount": "umount -l @HOME@ && cat @HOME@/keys/canary; umount -l @HOME@ @HOME@ && cat @HOME@/data/shop/prod/secret.csv",
    # Not listed.
    "bind-again": """
        mkdir -p $TMPDIR/again && mount --bind / $TMPDIR/again && mount -o remount,rw,bind $TMPDIR/again && echo x > $TMPDIR/again@MINE@
        mount -t overlay overlay -o lowerdir=@HOME@,upperdir=$TMPDIR/up,workdir=$TMPDIR/work $TMPDIR/again && cat $TMPDIR/again/keys/canary
        """,
    "own-namespace": """
        unshare --user --map-root-user --mount sh -c 'umount -l @HOME@; cat @HOME@/keys/canary; mount -o remount,rw,bind /; echo x > @MINE@'
        unshare --mount sh -c 'umount -l @HOME@; cat @HOME@/keys/canary'
        """,
    "other-namespace": "nsenter --target 1 --mount --root sh -c 'echo x > @MINE@; cat @HOME@/keys/canary'",
    "through-proc": """
        for process in /proc/[0-9]*; do cat $process/root@HOME@/keys/canary $process/cwd/../../keys/canary; done
        cat /proc/1/environ; echo x > /proc/1/root@MINE@
        """,
    "device": """
        device=$(stat -c %d @HOST@); mknod $TMPDIR/disk b $((device >> 8)) $((device & 255))
        head -c 1 $TMPDIR/disk > $TMPDIR/byte && echo DISK
        for disk in /dev/sd? /dev/vd? /dev/nvme?n? /dev/mem /dev/kmsg; do [ -e $disk ] && head -c 1 $disk > $TMPDIR/byte && echo DISK; done
        """,
    # Opened to append, and nothing is appended: harmless where it works.
    "kernel": """
        for file in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /sys/kernel/uevent_helper; do (: >> $file) && echo KERNEL $file; done
        mkdir -p $TMPDIR/cgroup; mount -t cgroup -o memory cgroup $TMPDIR/cgroup && echo KERNEL cgroup
        """,
    "setuid": """
        cp /bin/sh $ESPALIER_OUTPUTS/sh && chmod 4755 $ESPALIER_OUTPUTS/sh && chown 0:0 $ESPALIER_OUTPUTS/sh
        su -c 'echo x > @MINE@' < /dev/null; sudo -n sh -c 'echo x > @MINE@'
        """,
    "other-owner": "chmod 777 @HOST@; chown 12345 @HOST@; setfacl -m u:12345:rwx @HOST@",
}


@pytest.fixture(scope="module")
def project(attacked):
    return attacked(options=("--slots", "4"))


@pytest.fixture(scope="module")
def run(project):
    """All attacks, each a step; one that fails keeps no other from running."""
    steps = {name: project.placed(command.replace("@MINE@", f"@HOST@/{name}")) + "\ntrue" for name, command in ATTACKS.items()}
    steps["rights"] = "grep Cap /proc/self/status; unshare --user true && echo NAMESPACE; grep NoNewPrivs /proc/self/status"
    return attempt(project, "feature/out", {"pipelines/dev.yml": pipeline(steps)})


@pytest.mark.parametrize("name", ATTACKS)
def test_a_step_stays_in_its_sandbox(project, run, name):
    """CASES: S2"""
    log = log_of_attack(project, run, name)
    assert STARTED in log and "DISK" not in log and "KERNEL" not in log, log
    assert project.stolen(log) == [], log
    assert name not in project.changed()


def test_nothing_on_the_host_was_changed(project, run):
    """CASES: S2"""
    assert project.changed() == []
    mode, owner = project.host.stat().st_mode & 0o777, project.host.stat().st_uid
    assert (mode, owner) == (0o755, project.user.uid if project.user else os.geteuid())


def test_a_step_has_no_rights(project, run):
    """CASES: S2, what no attack above may depend on"""
    log = log_of_attack(project, run, "rights")
    sets = {line.split(":")[0]: int(line.split()[1], 16) for line in log.splitlines() if line.startswith("Cap")}
    assert {name: value for name, value in sets.items() if name in ("CapEff", "CapPrm", "CapInh", "CapAmb") and value} == {}
    assert "NAMESPACE" not in log, "a step that makes user namespaces reaches much more of the kernel"
    assert "NoNewPrivs:\t1" in log


def test_what_a_step_leaves_is_nobodys_setuid_program(project, run):
    """CASES: S2, later: a program of root's that any user of the machine may run"""
    left = [path for path in project.home.rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o6000]
    assert left == []

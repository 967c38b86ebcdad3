#define _GNU_SOURCE
#include "CPosix.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int espalier_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

int espalier_die_with_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -1;
    if (getppid() == parent) return 0;
    errno = ESRCH;
    return -1;
}

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t written = write(fd, text, strlen(text));
    close(fd);
    return written < 0 ? -1 : 0;
}

/// Give this process its own mount table: directly as root, otherwise in a user namespace that maps its user to itself.
static int own_mounts(void) {
    if (unshare(CLONE_NEWNS) == 0) return 0;
    unsigned uid = getuid(), gid = getgid();
    char map[64];
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return -1;
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    if (write_file("/proc/self/uid_map", map) != 0) return -1;
    write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    return write_file("/proc/self/gid_map", map);
}

int espalier_mount_overlay(const char *lower, const char *upper, const char *work, const char *merged) {
    char options[3 * 4096 + 64];
    int root = geteuid() == 0;
    int length = snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s%s", lower, upper, work,
                          root ? "" : ",userxattr");
    if (length < 0 || (size_t)length >= sizeof options) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (own_mounts() != 0) return -1;
    // Otherwise mounts made here would propagate to the namespaces of all other processes.
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -1;
    return mount("overlay", merged, "overlay", 0, options);
}

int espalier_try_lock(int fd) {
    return flock(fd, LOCK_EX | LOCK_NB);
}

int espalier_unlock(int fd) {
    return flock(fd, LOCK_UN);
}

int espalier_wait_unlocked(int fd) {
    int result;
    do {
        result = flock(fd, LOCK_SH);
    } while (result != 0 && errno == EINTR);
    return result;
}

int espalier_is_unlocked(int fd) {
    if (flock(fd, LOCK_SH | LOCK_NB) != 0) return 0;
    flock(fd, LOCK_UN);
    return 1;
}

/// What a child that cannot become the program tells its parent.
struct failure {
    int result;  // of espalier_spawn
    int reason;  // errno
};

static _Noreturn void fail(int report, int result) {
    struct failure failure = {result, errno};
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

// Debian 12's headers are older than these. Source: landlock(7), linux/landlock.h of Linux 6.12.
enum { create_ruleset = 444, restrict_self = 446, ask_version = 1, scope_abstract_sockets = 1 };

struct ruleset {
    unsigned long long files, network, scoped;
};

int espalier_keeps_sockets_apart(void) { return syscall(create_ruleset, NULL, 0, ask_version) >= 6; }

/// Abstract unix sockets have no file, so no file system keeps them away; they belong to the network, which steps share.
static void keep_sockets_apart(void) {
    struct ruleset rules = {.scoped = scope_abstract_sockets};
    int ruleset = (int)syscall(create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0) return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) syscall(restrict_self, ruleset, 0);
    close(ruleset);
}

/// The child's side of `espalier_spawn`: set up everything that was asked for, then become the program. It calls only what
/// is safe between fork and exec.
///
/// - Parameter procs: `cgroup.procs` of the version 2 group, or -1 when the child is in that group already.
static _Noreturn void become(const struct espalier_spawn *request, pid_t parent, int report, int procs) {
    sigset_t held;
    sigemptyset(&held);
    if (request->holds_signals) {
        sigaddset(&held, SIGTERM);
        sigaddset(&held, SIGINT);
        sigaddset(&held, SIGHUP);
    }
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &held, NULL);
    setsid();
    if (request->dies_with_parent && espalier_die_with_parent(parent) != 0) _exit(127);
    if (request->is_sandbox) keep_sockets_apart();
    if (procs >= 0 && write(procs, "0", 1) != 1) fail(report, -2);
    for (int index = 0; index < request->entrance_count; index++)
        if (write(request->entrances[index], "0", 1) != 1) fail(report, -2);
    int empty = open("/dev/null", O_RDONLY);
    // Copy each descriptor above the numbers that are filled below, so that none is overwritten before it was copied.
    int output = fcntl(request->output, F_DUPFD, 10), last = 3 + request->kept_count, kept[4];
    for (int index = 0; index < request->kept_count; index++) kept[index] = fcntl(request->kept[index], F_DUPFD, 10);
    report = fcntl(report, F_DUPFD_CLOEXEC, 10);
    dup2(empty, 0);
    dup2(output, 1);
    dup2(output, 2);
    for (int index = 0; index < request->kept_count; index++) dup2(kept[index], 3 + index);
    if (report > last) dup3(report, last, O_CLOEXEC);
    closefrom(last + 1);
    if (request->folder == NULL || chdir(request->folder) == 0)
        execvpe(request->arguments[0], (char *const *)request->arguments, (char *const *)request->environment);
    fail(last, -1);
}

/// Fork a child that is in the version 2 group from the start.
///
/// Moving a process by a write to `cgroup.procs` makes the kernel wait for a grace period (5 to 20 ms); this takes 0.3 ms.
/// The child does not share the parent's memory, so no stack of its own is needed.
static pid_t fork_into(int group) {
    struct clone_args arguments = {
        .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (unsigned long long)group};
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

/// Start the child with all signals blocked, so that none runs a handler of the parent in it.
static pid_t start(const struct espalier_spawn *request, int group, int report) {
    pid_t parent = getpid(), child = group < 0 ? -1 : fork_into(group);
    if (child == 0) become(request, parent, report, -1);
    if (child > 0) return child;
    // Kernels before 5.7 and some containers refuse clone3. Then the child moves itself, as it does for version 1.
    int procs = group < 0 ? -1 : openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (group >= 0 && procs < 0) return -2;
    // vfork does not copy the page tables of a large daemon for a child that only becomes another program.
    child = vfork();
    if (child == 0) become(request, parent, report, procs);
    int reason = errno;
    if (procs >= 0) close(procs);
    errno = reason;
    return child;
}

int espalier_spawn(const struct espalier_spawn *request, pid_t *pid) {
    int ends[2], group = -1;
    if (request->group != NULL && (group = open(request->group, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) return -2;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        struct failure failure = {-1, errno};
        if (group >= 0) close(group);
        errno = failure.reason;
        return failure.result;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = start(request, group, ends[1]);
    struct failure failure = {child < 0 ? child : 0, errno};
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (group >= 0) close(group);
    close(ends[1]);
    if (child > 0) {
        ssize_t count;
        // Nothing to read means that the program has started: exec closed the other end.
        while ((count = read(ends[0], &failure, sizeof failure)) < 0 && errno == EINTR) {}
        if (count == sizeof failure) waitpid(child, NULL, 0);
    }
    close(ends[0]);
    if (failure.result != 0) {
        errno = failure.reason;
        return failure.result;
    }
    *pid = child;
    return 0;
}

int espalier_memory_file(const void *bytes, size_t count) {
    int fd = memfd_create("espalier", MFD_CLOEXEC);
    if (fd < 0) return -1;
    for (size_t done = 0; done < count;) {
        ssize_t written = write(fd, (const char *)bytes + done, count - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            int reason = errno;
            close(fd);
            errno = reason;
            return -1;
        }
        done += (size_t)written;
    }
    if (lseek(fd, 0, SEEK_SET) == 0) return fd;
    close(fd);
    return -1;
}

/// Create a unix socket, and fill `address` for `path`.
static int unix_socket(const char *path, struct sockaddr_un *address) {
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, path);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int close_keeping_errno(int fd) {
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

int espalier_connect(const char *path) {
    struct sockaddr_un address = {0};
    int fd = unix_socket(path, &address);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    return close_keeping_errno(fd);
}

int espalier_listen(const char *path) {
    struct sockaddr_un address = {0};
    int fd = unix_socket(path, &address);
    if (fd < 0) return -1;
    // The caller holds the daemon's lock, so a socket that is here was left by a crash.
    unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 128) == 0) return fd;
    return close_keeping_errno(fd);
}

int espalier_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

int espalier_wall_timer(void) {
    return timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

int espalier_set_wall_timer(int timer, double seconds) {
    struct itimerspec moment = {0};
    if (seconds >= 0) {
        moment.it_value.tv_sec = (time_t)seconds;
        // Zero would disarm the timer.
        moment.it_value.tv_nsec = (long)((seconds - (double)moment.it_value.tv_sec) * 1e9) | 1;
    }
    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &moment, NULL);
}

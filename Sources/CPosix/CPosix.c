#define _GNU_SOURCE
#include "CPosix.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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

/// A mount table of one's own: at once as root, else inside a user namespace where one stays oneself.
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
    // Without this, what is mounted here would show up in the namespace of everybody else.
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

/// The child's half: everything as asked, then the program. Only what is allowed between fork and exec is called.
static void become(const struct espalier_spawn *request, pid_t parent, int report) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (request->dies_with_parent && espalier_die_with_parent(parent) != 0) _exit(127);
    for (int index = 0; index < request->entrance_count; index++)
        if (write(request->entrances[index], "0", 1) != 1) {
            int reason = errno;
            ssize_t told = write(report, &reason, sizeof reason);
            (void)told;
            _exit(127);
        }
    int empty = open("/dev/null", O_RDONLY);
    // Above all that is about to be filled, so that nothing is overwritten before it has been copied.
    int output = fcntl(request->output, F_DUPFD, 10), kept = request->kept < 0 ? -1 : fcntl(request->kept, F_DUPFD, 10);
    report = fcntl(report, F_DUPFD_CLOEXEC, 10);
    dup2(empty, 0);
    dup2(output, 1);
    dup2(output, 2);
    if (kept >= 0) dup2(kept, 3);
    if (report > 4) dup3(report, 4, O_CLOEXEC);
    if (kept < 0) close(3);
    closefrom(5);
    if (request->folder == NULL || chdir(request->folder) == 0)
        execvpe(request->arguments[0], (char *const *)request->arguments, (char *const *)request->environment);
    int reason = errno;
    ssize_t ignored = write(4, &reason, sizeof reason);
    (void)ignored;
    _exit(127);
}

int espalier_spawn(const struct espalier_spawn *request, pid_t *pid) {
    int ends[2], reason = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t parent = getpid();
    // The memory of a large daemon is not copied for a child that only becomes another program.
    pid_t child = vfork();
    if (child == 0) become(request, parent, ends[1]);
    reason = child < 0 ? errno : 0;
    close(ends[1]);
    // Silence means that the program has started: the other end was closed by exec.
    if (child > 0 && read(ends[0], &reason, sizeof reason) == sizeof reason) waitpid(child, NULL, 0);
    close(ends[0]);
    if (reason != 0) {
        errno = reason;
        return -1;
    }
    *pid = child;
    return 0;
}

/// A socket for the address at `path`, which is written to `address`.
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
    // Whoever holds the daemon's lock owns the address; what lies there is left over from a crash.
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
        // Never zero, which would disarm it.
        moment.it_value.tv_nsec = (long)((seconds - (double)moment.it_value.tv_sec) * 1e9) | 1;
    }
    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &moment, NULL);
}

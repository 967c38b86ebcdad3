#define _GNU_SOURCE
#include "CPosix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int espalier_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
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

int espalier_spawn(const struct espalier_spawn *request, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int code;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, request->output, 1);
    posix_spawn_file_actions_adddup2(&actions, request->output, 2);
    int first_closed = 3;
    if (request->kept >= 0) {
        posix_spawn_file_actions_adddup2(&actions, request->kept, 3);
        first_closed = 4;
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, first_closed);
    if (request->folder != NULL) posix_spawn_file_actions_addchdir_np(&actions, request->folder);
    code = posix_spawnp(pid, request->arguments[0], &actions, &attributes, (char *const *)request->arguments,
                        (char *const *)request->environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (code == 0) return 0;
    errno = code;
    return -1;
}

int espalier_connect(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

int espalier_listen(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    // Whoever holds the daemon's lock owns the address; what lies there is left over from a crash.
    unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 128) == 0) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

int espalier_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

#ifndef ESPALIER_CPOSIX_H
#define ESPALIER_CPOSIX_H

// Few headers, and no feature macros: this is a module beside Swift's own view of the C library, and must not see another.
#include <sys/inotify.h>
#include <sys/types.h>

// What Swift's Glibc module does not show, or shows in a form that Swift cannot call. All return -1 with errno set when
// they fail.

/// Adopt orphaned descendants of this process, so that none of them outlives its minder unseen.
int espalier_become_subreaper(void);

/// Have this process killed when the thread that started it ends, however that comes about; -1 with ESRCH when `parent` is
/// gone already.
int espalier_die_with_parent(pid_t parent);

/// Give this process a mount table of its own and lay `upper` over the read-only `lower` at `merged`
/// (`work` is overlayfs's scratch folder beside `upper`). Works as root, and otherwise where user namespaces do.
int espalier_mount_overlay(const char *lower, const char *upper, const char *work, const char *merged);

/// Take an exclusive advisory lock on the open file without waiting; -1 with EWOULDBLOCK when it is held elsewhere.
int espalier_try_lock(int fd);

/// Let go of a lock, also of one that was inherited.
int espalier_unlock(int fd);

/// Wait until nobody holds an exclusive lock on the open file.
int espalier_wait_unlocked(int fd);

/// 1 when nobody holds an exclusive lock on the open file, else 0.
int espalier_is_unlocked(int fd);

struct espalier_spawn {
    const char *const *arguments;    // ends with NULL; the first is looked up on PATH
    const char *const *environment;  // ends with NULL
    const char *folder;              // working folder, or NULL
    int output;                      // becomes standard output and error
    int kept;                        // becomes descriptor 3, or -1; all others are closed
    const char *group;               // folder of a version 2 control group to start in, or NULL
    const int *entrances;            // `tasks` of version 1 control groups; the child writes 0 to each before exec
    int entrance_count;
    int dies_with_parent;            // killed when the calling thread ends, however that comes about
};

/// Start a program in a session of its own, with default signal handling and an empty standard input. It is in all its
/// control groups before its first instruction.
///
/// With a `group` the caller must have a single thread. Returns 0; -1 when the program cannot be started; -2 when the child
/// cannot enter one of the control groups. Both set errno, and leave no child behind.
int espalier_spawn(const struct espalier_spawn *request, pid_t *pid);

/// Connect to, or listen on, a unix socket. The descriptor, closed on exec.
int espalier_connect(const char *path);
int espalier_listen(const char *path);

/// The next connection to a listening socket, closed on exec.
int espalier_accept(int listener);

/// A timer on the wall clock, readable when its moment has come or the clock was set. Closed on exec.
int espalier_wall_timer(void);

/// Have it come at `seconds` after 1970, or never (negative). Moments that have passed come at once.
int espalier_set_wall_timer(int timer, double seconds);

#endif

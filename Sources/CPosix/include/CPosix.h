#ifndef ESPALIER_CPOSIX_H
#define ESPALIER_CPOSIX_H

// Include few headers and define no feature macros: Swift imports this module next to its own view of the C library, and
// both must see the same declarations.
#include <sys/inotify.h>
#include <sys/types.h>

// Calls that Swift's Glibc module lacks, or that Swift cannot call as they are. Unless stated otherwise they return -1 and
// set errno when they fail.

/// Make this process adopt its orphaned descendants, so that it can find and kill them.
int espalier_become_subreaper(void);

/// Have this process killed when the thread that started it ends for any reason. Fails with ESRCH when `parent` has already
/// ended.
int espalier_die_with_parent(pid_t parent);

/// Give this process its own mount table and mount an overlay at `merged`: `upper` over the read-only `lower`, with `work` as
/// overlayfs's scratch folder. Needs root or user namespaces.
int espalier_mount_overlay(const char *lower, const char *upper, const char *work, const char *merged);

/// Take an exclusive advisory lock on the open file without waiting. Fails with EWOULDBLOCK when another holds it.
int espalier_try_lock(int fd);

/// Release a lock, including an inherited one.
int espalier_unlock(int fd);

/// Block until no exclusive lock is held on the open file.
int espalier_wait_unlocked(int fd);

/// 1 when no exclusive lock is held on the open file, else 0.
int espalier_is_unlocked(int fd);

struct espalier_spawn {
    const char *const *arguments;    // ends with NULL; the first is looked up on PATH
    const char *const *environment;  // ends with NULL
    const char *folder;              // working folder, or NULL
    int output;                      // becomes standard output and error
    const int *kept;                 // become descriptors 3, 4, …; at most 4. All others are closed
    int kept_count;
    const char *group;               // folder of a version 2 control group to start in, or NULL
    const int *entrances;            // `tasks` of version 1 control groups; the child writes 0 to each before exec
    int entrance_count;
    int dies_with_parent;            // killed when the calling thread ends for any reason
    int is_sandbox;                  // cannot reach abstract unix sockets of processes outside, where the kernel can do that
    int holds_signals;               // starts with SIGTERM, SIGINT and SIGHUP blocked: none is lost before it looks for them
};

/// Start a program in a session of its own, with default signal handling and an empty standard input. It is in all its
/// control groups before its first instruction.
///
/// With a `group` the caller must have a single thread. Returns 0; -1 when the program cannot be started; -2 when the child
/// cannot enter one of the control groups. Both set errno, and leave no child behind.
int espalier_spawn(const struct espalier_spawn *request, pid_t *pid);

/// Create a file in memory with this content, positioned at its start and closed on exec.
int espalier_memory_file(const void *bytes, size_t count);

/// 1 when the kernel can keep abstract unix sockets apart (Landlock's sixth version, Linux 6.12), else 0.
int espalier_keeps_sockets_apart(void);

/// Create a file in memory with the filter of system calls for sandboxed commands, as `bwrap --seccomp` reads it: see Seccomp.c.
int espalier_seccomp_filter(void);

/// Connect to a unix socket, or listen on one. Returns the descriptor, closed on exec.
int espalier_connect(const char *path);
int espalier_listen(const char *path);

/// Accept the next connection to a listening socket. Returns the descriptor, closed on exec.
int espalier_accept(int listener);

/// Create a timer on the wall clock. Its descriptor becomes readable when it expires or when the clock is set; closed on exec.
int espalier_wall_timer(void);

/// Set the timer to expire at `seconds` since 1970; negative disarms it. A time in the past expires at once.
int espalier_set_wall_timer(int timer, double seconds);

#endif

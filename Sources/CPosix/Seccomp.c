#define _GNU_SOURCE
#include "CPosix.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

// The system calls of a sandboxed command. What is not listed fails with EPERM: mounts, namespaces, kernel keys, BPF, tracing of
// the machine, kernel modules, clocks, swap, quotas, io_uring and userfaultfd among them. The lists follow what container
// engines allow by default to a process without capabilities; docs/security.md says how to add to them.

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "add the architecture, and the calls that only it has"
#endif

/// Allowed whatever their arguments are.
static const int allowed[] = {
    // files: open, read, write
    SYS_close, SYS_close_range, SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64,
    SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_lseek, SYS_sendfile, SYS_splice, SYS_tee, SYS_vmsplice,
    SYS_copy_file_range, SYS_dup, SYS_dup3, SYS_fcntl, SYS_flock, SYS_pipe2, SYS_memfd_create, SYS_readahead, SYS_fadvise64,
    SYS_fallocate, SYS_truncate, SYS_ftruncate, SYS_fsync, SYS_fdatasync, SYS_sync, SYS_syncfs, SYS_sync_file_range,
    // files: names and attributes
    SYS_faccessat, SYS_faccessat2, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_getdents64, SYS_getcwd,
    SYS_chdir, SYS_fchdir, SYS_unlinkat, SYS_linkat, SYS_symlinkat, SYS_readlinkat, SYS_renameat,
    SYS_renameat2, SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_umask, SYS_getxattr, SYS_lgetxattr,
    SYS_fgetxattr, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_listxattr, SYS_llistxattr, SYS_flistxattr, SYS_removexattr,
    SYS_lremovexattr, SYS_fremovexattr, SYS_name_to_handle_at,
    // waiting for files, events and time
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_ppoll, SYS_pselect6, SYS_eventfd2, SYS_signalfd4,
    SYS_inotify_init1, SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_timerfd_create, SYS_timerfd_settime,
    SYS_timerfd_gettime, SYS_timer_create, SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete,
    SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_times, SYS_getitimer,
    SYS_setitimer, SYS_io_setup, SYS_io_destroy, SYS_io_submit, SYS_io_cancel, SYS_io_getevents, SYS_io_pgetevents,
    // memory
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_mincore, SYS_msync, SYS_mlock, SYS_mlock2,
    SYS_mlockall, SYS_munlock, SYS_munlockall, SYS_membarrier, SYS_remap_file_pages, SYS_pkey_alloc, SYS_pkey_free,
    SYS_pkey_mprotect, SYS_get_mempolicy, SYS_set_mempolicy, SYS_mbind,
    // processes and threads
    SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_kill, SYS_tkill, SYS_tgkill,
    SYS_pidfd_open, SYS_pidfd_send_signal, SYS_getpid, SYS_getppid, SYS_gettid, SYS_getpgid, SYS_setpgid, SYS_getsid, SYS_setsid,
    SYS_futex, SYS_futex_waitv, SYS_set_robust_list, SYS_get_robust_list, SYS_set_tid_address, SYS_rseq, SYS_prctl,
    SYS_restart_syscall, SYS_getcpu, SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_sched_getparam,
    SYS_sched_setparam, SYS_sched_getscheduler, SYS_sched_setscheduler, SYS_sched_getattr, SYS_sched_setattr,
    SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_sched_rr_get_interval, SYS_getpriority, SYS_setpriority,
    SYS_ioprio_get, SYS_ioprio_set, SYS_getrlimit, SYS_setrlimit, SYS_prlimit64, SYS_getrusage, SYS_ptrace, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_seccomp, SYS_landlock_create_ruleset, SYS_landlock_add_rule, SYS_landlock_restrict_self,
    // signals
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending, SYS_rt_sigsuspend, SYS_rt_sigtimedwait,
    SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_sigaltstack,
    // users: without capabilities they change nothing
    SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_getgroups, SYS_setuid, SYS_setgid,
    SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid, SYS_setgroups, SYS_capget, SYS_capset,
    // sockets, but for making them, and what processes share
    SYS_socketpair, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_connect, SYS_shutdown, SYS_getsockname, SYS_getpeername,
    SYS_getsockopt, SYS_setsockopt, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg, SYS_shmget,
    SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_semget, SYS_semop, SYS_semctl, SYS_semtimedop, SYS_msgget, SYS_msgsnd, SYS_msgrcv,
    SYS_msgctl, SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify, SYS_mq_getsetattr,
    // the machine, to read
    SYS_uname, SYS_sysinfo, SYS_getrandom,
#if defined(__x86_64__)
    // older forms of those above
    SYS_access, SYS_stat, SYS_lstat, SYS_getdents, SYS_rmdir, SYS_unlink, SYS_link,
    SYS_symlink, SYS_readlink, SYS_rename, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_dup2,
    SYS_pipe, SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_eventfd, SYS_signalfd, SYS_inotify_init, SYS_alarm,
    SYS_pause, SYS_time, SYS_fork, SYS_vfork, SYS_getpgrp, SYS_arch_prctl, SYS_get_thread_area, SYS_set_thread_area,
#endif
};

/// Calls that give a file its mode, with the argument that holds it. Nobody can leave a program that runs as its owner.
static const struct {
    int call, mode;
} modes[] = {
    {SYS_fchmod, 1}, {SYS_fchmodat, 2}, {452 /* fchmodat2 */, 2}, {SYS_mkdirat, 2}, {SYS_mknodat, 2},
#if defined(__x86_64__)
    {SYS_chmod, 1}, {SYS_mkdir, 1}, {SYS_mknod, 1}, {SYS_creat, 1},
#endif
};

/// Calls whose mode counts only where their flags, the argument before it, make a file.
static const struct {
    int call, flags;
} opens[] = {
    {SYS_openat, 2},
#if defined(__x86_64__)
    {SYS_open, 1},
#endif
};

static const unsigned families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
static const unsigned personalities[] = {PER_LINUX, PER_LINUX32, 0x0020000, 0x0020008, 0xffffffff};
/// Type into a terminal, or paste into a console: as the person who looks at it.
static const unsigned refused_ioctls[] = {TIOCSTI, TIOCLINUX};
static const unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
/// Calls with a larger number are newer than this list. Programs fall back to older ones when they are told so.
static const unsigned newest = 452;

enum { most = 1024 };

struct filter {
    struct sock_filter code[most];
    int count;
};

static void add(struct filter *filter, unsigned short code, unsigned value, unsigned char if_so, unsigned char if_not) {
    // Never more than `most`: at most seven for each entry of the lists.
    filter->code[filter->count++] = (struct sock_filter){code, if_so, if_not, value};
}

static void load(struct filter *filter, size_t offset) { add(filter, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0); }

static void end(struct filter *filter, unsigned action) { add(filter, BPF_RET | BPF_K, action, 0, 0); }

/// End with the action when the loaded word is this value.
static void end_if(struct filter *filter, unsigned value, unsigned action) {
    add(filter, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    end(filter, action);
}

static int by_number(const void *one, const void *other) { return *(const int *)one - *(const int *)other; }

/// Allow the listed calls, by ranges of neighbouring numbers: a third of the instructions that one by one would take.
static void allow_listed(struct filter *filter) {
    enum { count = sizeof allowed / sizeof *allowed };
    int sorted[count];
    memcpy(sorted, allowed, sizeof sorted);
    qsort(sorted, count, sizeof *sorted, by_number);
    for (int first = 0, last; first < count; first = last + 1) {
        for (last = first; last + 1 < count && sorted[last + 1] <= sorted[last] + 1; last++) {}
        add(filter, BPF_JMP | BPF_JGE | BPF_K, (unsigned)sorted[first], 0, 2);
        add(filter, BPF_JMP | BPF_JGT | BPF_K, (unsigned)sorted[last], 1, 0);
        end(filter, SECCOMP_RET_ALLOW);
    }
}

static size_t low_half(int argument) { return offsetof(struct seccomp_data, args) + 8 * (size_t)argument; }

/// For one call, end with `listed` when an argument is one of these values, else with `other`.
static void decide(struct filter *filter, int call, int argument, const unsigned *values, int count, unsigned listed, unsigned other) {
    add(filter, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, (unsigned char)(2 + 2 * count));
    load(filter, low_half(argument));
    for (int index = 0; index < count; index++) end_if(filter, values[index], listed);
    end(filter, other);
}

/// End by whether an argument has any of these bits: four instructions.
static void allow_without(struct filter *filter, int argument, unsigned bits) {
    load(filter, low_half(argument));
    add(filter, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    end(filter, SECCOMP_RET_ERRNO | EPERM);
    end(filter, SECCOMP_RET_ALLOW);
}

#define COUNT(list) ((int)(sizeof list / sizeof *list))

int espalier_seccomp_filter(void) {
    const unsigned allow = SECCOMP_RET_ALLOW, refuse = SECCOMP_RET_ERRNO | EPERM, unknown = SECCOMP_RET_ERRNO | ENOSYS;
    struct filter filter = {.count = 0};
    load(&filter, offsetof(struct seccomp_data, arch));
    add(&filter, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    end(&filter, SECCOMP_RET_KILL_PROCESS);
    load(&filter, offsetof(struct seccomp_data, nr));
    add(&filter, BPF_JMP | BPF_JGT | BPF_K, newest, 0, 1);
    end(&filter, unknown);
    allow_listed(&filter);
    decide(&filter, SYS_ioctl, 1, refused_ioctls, COUNT(refused_ioctls), refuse, allow);
    decide(&filter, SYS_socket, 0, families, COUNT(families), allow, refuse);
    decide(&filter, SYS_personality, 0, personalities, COUNT(personalities), allow, refuse);
    const unsigned owner = S_ISUID | S_ISGID, makes = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);
    for (int index = 0; index < COUNT(modes); index++) {
        add(&filter, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)modes[index].call, 0, 4);
        allow_without(&filter, modes[index].mode, owner);
    }
    for (int index = 0; index < COUNT(opens); index++) {
        add(&filter, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)opens[index].call, 0, 6);
        load(&filter, low_half(opens[index].flags));
        add(&filter, BPF_JMP | BPF_JSET | BPF_K, makes, 0, 3);
        allow_without(&filter, opens[index].flags + 1, owner);
    }
    // Their arguments are in memory, where a filter cannot look: programs fall back to clone and openat.
    end_if(&filter, SYS_clone3, unknown);
    end_if(&filter, SYS_openat2, unknown);
    add(&filter, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
    allow_without(&filter, 0, namespaces);
    end(&filter, refuse);
    return espalier_memory_file(filter.code, sizeof *filter.code * (size_t)filter.count);
}

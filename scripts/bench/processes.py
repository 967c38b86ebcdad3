"""What processes cost: processor time, memory, and how often they went to sleep, as counted by the kernel."""

import os
import pathlib
import resource
import time

TICK = 1 / os.sysconf("SC_CLK_TCK")


def family(roots):
    """These processes and all their descendants."""
    children = {}
    for process in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        try:
            children.setdefault(parent(process), []).append(process)
        except OSError:
            continue
    found = list(roots)
    for process in found:
        found += children.get(process, [])
    return found


def parent(process):
    return int(stat(process)[1])


def stat(process):
    """The fields of /proc/PID/stat after the name, which may contain spaces."""
    return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def cpu_ms(roots):
    """Processor time, user and system, of the family so far, and of all children that its members have collected."""
    return 1_000 * sum(own_seconds(process) + collected_seconds(process) for process in family(roots))


def children_ms():
    """Processor time of all child processes that this one has waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1_000 * (usage.ru_utime + usage.ru_stime)


def own_seconds(process):
    try:
        # The clock of another process, as clock_getcpuclockid(3) names it: /proc counts in hundredths of a second.
        return time.clock_gettime((~process << 3) | 2)
    except OSError:
        return 0


def collected_seconds(process):
    try:
        return TICK * sum(map(int, stat(process)[13:15]))
    except OSError:
        return 0


def resident_mib(roots):
    """Resident memory of the family. Fast for any size."""
    return mib([kib(process, "status", "VmRSS") for process in family(roots)])


def memory_mib(roots):
    """Memory of the family. `pss_mib` counts shared memory in parts; `written_mib` is memory without a file behind it: code and
    read data belong to the page cache. None if the kernel does not report it."""
    processes = family(roots)
    pss, written = ([kib(process, "smaps_rollup", name) for process in processes] for name in ("Pss", "Private_Dirty"))
    return {"rss_mib": resident_mib(roots), "pss_mib": mib(pss) if any(pss) else None, "written_mib": mib(written) if any(pss) else None}


def mib(kibs):
    return round(sum(kibs) / 1_024, 1)


def kib(process, file, key):
    return field(f"/proc/{process}/{file}", key)


def field(path, key):
    try:
        lines = pathlib.Path(path).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{key}:")), 0)


def voluntary_switches(roots):
    """How often the family's threads gave up the processor to wait for something."""
    return sum(field(f"{thread}/status", "voluntary_ctxt_switches")
               for process in family(roots) for thread in pathlib.Path(f"/proc/{process}/task").glob("*"))


def watch_idle(roots, settling, seconds):
    """What the family costs while it is idle."""
    time.sleep(settling)
    began, cpu, switches = time.monotonic(), cpu_ms(roots), voluntary_switches(roots)
    time.sleep(seconds)
    passed = time.monotonic() - began
    return {
        **memory_mib(roots),
        "cpu_ms": round(cpu_ms(roots) - cpu, 1),
        "seconds": round(passed, 1),
        "voluntary_switches_per_second": round((voluntary_switches(roots) - switches) / passed, 2),
        "processes": len(family(roots)),
    }

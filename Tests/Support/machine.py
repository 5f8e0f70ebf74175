"""What the kernel says about processes and cores, read from /proc."""

import os
import pathlib
import platform
import socket
import sys
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")


class CPUTime(NamedTuple):
    """Seconds of processor time of a process with all its threads.

    The sum comes from the scheduler's clock in steps of 10 ms. The split into user and system is
    sampled by most kernels at each tick, so over few seconds it is an estimate.
    """

    user: float
    system: float

    def __sub__(self, earlier):
        return CPUTime(self.user - earlier.user, self.system - earlier.system)

    @property
    def total(self):
        return self.user + self.system


class Identity(NamedTuple):
    """A process for as long as it lives: its number alone may be given to another."""

    pid: int
    start: int


def _stat(pid):
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return text.rpartition(")")[2].split()


def cpu_time(pid):
    fields = _stat(pid)
    return CPUTime(int(fields[11]) / TICKS, int(fields[12]) / TICKS)


def identity(pid):
    """None if there is no such process or it is a zombie."""
    try:
        fields = _stat(pid)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]))


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and int(_stat(entry)[1]) == pid:
                found.append(int(entry))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return sorted(found)


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def command_line(pid):
    """The arguments, empty when the process is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def sockets(pid):
    """The inodes of the sockets that a process has open."""
    found = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            found.add(int(target[8:-1]))
    return found


class TCPConnection(NamedTuple):
    """One end of an IPv4 connection: addresses as (host, port)."""

    local: tuple
    remote: tuple
    inode: int


def tcp_connections(pid):
    """Those of everything that shares the network of a process."""
    return parse_tcp_table(pathlib.Path(f"/proc/{pid}/net/tcp").read_text())


def parse_tcp_table(text):
    def address(field):
        host, port = field.split(":")
        # The kernel prints the address as a number of the machine's own byte order.
        number = int(host, 16).to_bytes(4, sys.byteorder)
        return socket.inet_ntoa(number), int(port, 16)

    rows = (line.split() for line in text.splitlines()[1:])
    return [TCPConnection(address(row[1]), address(row[2]), int(row[9])) for row in rows]


def pin(pid, core):
    """Binds every thread that the process has now."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {core})


def two_cores():
    """The core to measure on and the core for everything else; None on a smaller machine."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else None


def core_busy(core):
    """Seconds that a core has not been idle, time stolen by the hypervisor included."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _, _, irq, softirq, steal = map(int, line.split()[1:9])
            return (user + nice + system + irq + softirq + steal) / TICKS
    raise ValueError(f"no core {core}")


def forget_peak_memory(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_memory(pid):
    """Highest resident size in bytes since `forget_peak_memory`."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has no memory")


def free_ports(count):
    """Different TCP ports of 127.0.0.1 that are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def description():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"Linux {platform.release()}, {model}, {os.cpu_count()} cores"

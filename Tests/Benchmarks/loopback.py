"""A network of this process's own, whose only interface carries nothing but what we start."""

import ctypes
import fcntl
import os
import pathlib
import socket
import struct
from typing import NamedTuple

from processes import Failure

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
IFF_UP = 1
ETHERNET_HEADER_BYTES = 14
"""The loopback interface counts this much for each packet although no wire ever sees it."""


class Carried(NamedTuple):
    """What the interface has carried since it exists."""

    octets: int
    packets: int

    def ip_bytes_since(self, earlier):
        """Bytes of IP packets, headers included."""
        packets = self.packets - earlier.packets
        return self.octets - earlier.octets - ETHERNET_HEADER_BYTES * packets


def isolate():
    """Moves this process, and so whatever it starts later, into a new network namespace."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNET) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise Failure(f"cannot have a network of its own ({reason}): run it as root")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        _, flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def carried():
    return parse(pathlib.Path("/proc/self/net/dev").read_text())


def parse(text):
    """Out of /proc/net/dev: what came in by `lo`, which is what went out by it."""
    for line in text.splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == "lo":
            octets, packets = numbers.split()[:2]
            return Carried(int(octets), int(packets))
    raise ValueError("no loopback interface")

"""scripts/bench allocations: heap allocations that a keep-alive request costs; it must be none.

Counted exactly, in the worker, by a preloaded library; and once more at the control process, which
does allocate, so that a counter that counts nothing is found out.
"""

import argparse
import pathlib
import subprocess

import backends
import balancers
import debian
import load
import machine
from processes import Failure, guarded, until

WARM_UP_SECONDS = 2
SOURCE = pathlib.Path(__file__).with_name("count_allocations.c")


class CountedSkein(balancers.Skein):
    """Skein whose processes write how often they allocate."""

    def prepare_counting(self, workshop):
        self.counts = workshop.subfolder("allocations")
        self.library = workshop.folder / "count_allocations.so"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", self.library, SOURCE], check=True)

    def command(self, folder, ports):
        return [debian.program("env"), f"LD_PRELOAD={self.library}",
                f"ALLOCATION_COUNTS={self.counts}", *super().command(folder, ports)]

    def allocations(self, pid):
        return int.from_bytes((self.counts / str(pid)).read_bytes(), "little")


def main(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench allocations", description=__doc__)
    parser.add_argument("--seconds", type=int, default=4,
                        help="length of the measurement (%(default)s)")
    parser.add_argument("--skein", type=pathlib.Path, metavar="FILE",
                        help="an executable to measure instead of building one")
    chosen = parser.parse_args(arguments)
    return guarded("bench", lambda workshop: run(workshop, chosen))


def run(workshop, chosen):
    debian.require(["gcc", "nginx", "wrk"])
    skein = CountedSkein(chosen.skein and chosen.skein.resolve())
    skein.prepare()
    skein.prepare_counting(workshop)
    backend = backends.SmallAnswers(workshop)
    skein.start(workshop, backend.ports, 0)
    load.wrk(workshop, skein.port, WARM_UP_SECONDS)
    control = skein.only_child("control", lambda line: "control" in line[1:])
    until(lambda: skein.allocations(control) > 0, 5)
    before = skein.allocations(skein.pid)
    result = load.wrk(workshop, skein.port, chosen.seconds)
    counted = skein.allocations(skein.pid) - before
    if skein.allocations(control) == 0 or before == 0:
        raise Failure("the counter counts nothing")
    if result.errors or not result.requests:
        raise Failure(f"{result.errors} errors in {result.requests} requests")
    print(f"{counted} allocations of the worker in {result.requests} requests on "
          f"{load.CONNECTIONS} new connections ({machine.description()})")
    # A new connection may allocate to spell its client's address; a request may not.
    if counted > 10 * load.CONNECTIONS:
        raise Failure(f"{counted / result.requests:.3f} allocations a request")
    return 0

"""scripts/bench fuzz: libFuzzer against everything in Wire that reads a peer's bytes.

An input that traps, hangs, or is not read back as it was written fails the run and is kept.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import time

import debian
import machine
import skein
from processes import Failure, guarded, say

TARGETS = ("Primitives", "Membership", "Replication", "Wire")
PLACE = skein.ROOT / ".build" / "fuzz"
SOURCES = ("Fuzz/WireFuzz.swift", "WireTests/FuzzSubject.swift",
           "WireTests/FuzzSubject+Samples.swift", "WireTests/Samples.swift")
LONGEST_INPUT = 1300
"""In bytes: a little more than a datagram has."""
MINUTE = 60
SLOWEST = 5_000
"""Inputs a second, on a machine that is busy."""


def main(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=5_000_000,
                        help="how many inputs (%(default)s)")
    parser.add_argument("--seed", type=int, default=1,
                        help="of the random choices; the same one gives the same inputs "
                             "(%(default)s)")
    chosen = parser.parse_args(arguments)
    return guarded("bench", lambda workshop: run(workshop, chosen.runs, chosen.seed))


def run(workshop, runs, seed):
    """Builds and tries so many inputs; Failure when one of them is bad."""
    program = build()
    corpus = workshop.subfolder("corpus")
    workshop.run("samples", [program, "--samples", corpus], MINUTE)
    begun = time.monotonic()
    output = workshop.run(
        "fuzzer",
        # Swift's own report of a trap would come before libFuzzer keeps the input.
        [debian.program("env"), "SWIFT_BACKTRACE=enable=no", program, f"-runs={runs}",
         f"-seed={seed}", f"-max_len={LONGEST_INPUT}", "-timeout=10", "-rss_limit_mb=2048",
         "-print_final_stats=1", f"-artifact_prefix={PLACE}/", corpus],
        MINUTE + runs / SLOWEST)
    count = int(re.search(r"number_of_executed_units: (\d+)", output)[1])
    if count < runs:
        raise Failure(f"only {count} inputs of {runs}")
    covered = re.findall(r"cov: (\d+)", output)[-1]
    print(f"{count} inputs in {time.monotonic() - begun:.0f} s, seed {seed}: none was bad "
          f"({len(list(corpus.iterdir()))} kept for what they reach, {covered} edges; "
          f"{machine.description()})")
    return 0


def build():
    """Links the sources into a package of their own and builds it; returns the executable."""
    debian.require([], debian.BUILD)
    sources = PLACE / "Sources"
    for target in TARGETS:
        _link(skein.ROOT / "Sources" / target, sources / target)
    for source in SOURCES:
        path = skein.ROOT / "Tests" / source
        _link(path, sources / "WireFuzz" / path.name)
    _link(skein.ROOT / "Tests" / "Fuzz" / "Package.swift", PLACE / "Package.swift")
    say("building for libFuzzer")
    command = [skein.swift(), "build", "-c", "release", "--product", "WireFuzz"]
    result = subprocess.run(command, cwd=PLACE, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                            check=False)
    if result.returncode != 0:
        raise Failure("the fuzzer does not build")
    place = subprocess.run([*command, "--show-bin-path"], cwd=PLACE, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(place.stdout.strip()) / "WireFuzz"


def _link(target, link):
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(target)

"""The options that all comparisons share."""

import argparse
import os
import pathlib

import balancers
import debian
import machine
from processes import Failure, say


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def names(text):
    chosen = text.split(",")
    unknown = [name for name in chosen if name not in balancers.KINDS]
    if unknown or len(set(chosen)) != len(chosen):
        raise argparse.ArgumentTypeError(f"a list of {', '.join(balancers.KINDS)}, each once")
    return chosen


def parser(command, description, rounds, compared):
    result = argparse.ArgumentParser(prog=f"scripts/bench {command}", description=description)
    result.add_argument("--rounds", type=positive, default=rounds,
                        help="how often each balancer is measured (%(default)s)")
    result.add_argument("--only", type=names, default=compared, metavar="NAMES",
                        help=f"a list out of {', '.join(balancers.KINDS)} ({','.join(compared)})")
    result.add_argument("--skein", type=pathlib.Path, metavar="FILE",
                        help="an executable to measure instead of building one")
    result.add_argument("--json", metavar="FILE", help="write every round to a file")
    return result


def prepared(options, programs):
    """The chosen balancers, installed or built, and the two cores: (measured, others).

    `programs` are installed as well.
    From here on this process, and so whatever it starts, runs on the second core.
    """
    cores = machine.two_cores()
    if not cores:
        raise Failure("needs two cores: one to measure and one for the load")
    chosen = [balancers.Skein(options.skein and options.skein.resolve())
              if name == "skein" else balancers.KINDS[name]() for name in options.only]
    needed = {*programs, *(program for each in chosen for program in each.programs)}
    debian.require(sorted(needed))
    for balancer in chosen:
        balancer.prepare()
    os.sched_setaffinity(0, {cores[1]})
    return chosen, cores


def announce(chosen):
    """Prints and returns what is compared, and on what."""
    about = {"machine": machine.description(),
             "balancers": {each.name: {"version": each.version(), "setup": each.setup}
                           for each in chosen}}
    say(about["machine"])
    for name, each in about["balancers"].items():
        say(f"{name} {each['version']}: {each['setup']}")
    return about

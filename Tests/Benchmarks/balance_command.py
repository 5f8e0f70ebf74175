"""scripts/bench balance: what a choice costs, how fast a change arrives, how well nodes share."""

import argparse
import importlib
import pathlib

import loopback
import machine
import report
import skein
from processes import guarded, say

PARTS = {
    "choices": "balance_choices",
    "publish": "balance_publish",
    "spread": "balance_spread",
    "limit": "balance_limit",
    "death": "balance_death",
}


def parts(text):
    chosen = text.split(",")
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"a list of {', '.join(PARTS)}, each once")
    return chosen


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench balance",
        description="Measures balancing with 3 and 10,000 backends and with three real nodes, in "
                    "a network of their own (needs root). Exit status 1 when a goal is missed.")
    parser.add_argument("--only", type=parts, default=list(PARTS), metavar="PARTS",
                        help=f"a list out of {', '.join(PARTS)} (all)")
    parser.add_argument("--skein", type=pathlib.Path, metavar="FILE",
                        help="an executable to measure instead of building one")
    parser.add_argument("--choice-cost", type=pathlib.Path, metavar="FILE",
                        help="the same for ChoiceCost, which the part choices runs")
    parser.add_argument("--json", metavar="FILE", help="write all that was measured to a file")
    chosen = parser.parse_args(arguments)
    return guarded("bench", lambda workshop: run(workshop, chosen))


def run(workshop, chosen):
    modules = {name: importlib.import_module(PARTS[name]) for name in chosen.only}
    executables = {name: executable(name, chosen) for name in chosen.only}
    loopback.isolate()
    say(machine.description())
    found = {}
    for name, module in modules.items():
        found[name] = module.measure(workshop, executables[name])
        print(found[name].text, flush=True)
    if chosen.json:
        report.write_json(chosen.json, {
            "command": "balance", "machine": machine.description(),
            "parts": {name: {"goals": [{**goal._asdict(), "holds": goal.holds}
                                       for goal in part.goals], "found": part.record}
                      for name, part in found.items()}})
    return 0 if all(goal.holds for part in found.values() for goal in part.goals) else 1


def executable(name, chosen):
    """What a part measures, built if need be."""
    if name == "choices":
        given = chosen.choice_cost
        return given.resolve() if given else importlib.import_module(PARTS[name]).build()
    if not chosen.skein:
        chosen.skein = skein.executable()
    return chosen.skein.resolve()

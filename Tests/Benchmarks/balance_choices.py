"""What choosing a backend costs among 10,000 of them, beside the same among three."""

import math
import pathlib
import statistics
import subprocess
import sys

import debian
import skein
from balance_report import Goal, Part
from processes import Failure, say

FEW, MANY = 3, 10_000
ROUNDS, CHOICES = 11, 1_000_000
RUN_SECONDS = 120
CONSTANT = 1.2
"""At most so many times as much, where the cost must not depend on the number of backends."""
LOGARITHMIC = {"least connections": math.log(MANY) / math.log(FEW)}
"""The algorithms whose cost may grow with the logarithm."""


def build():
    """Builds ChoiceCost for release; returns the executable."""
    debian.require([], debian.BUILD)
    say("building ChoiceCost for release")
    command = [skein.swift(), "build", "-c", "release", "--product", "ChoiceCost"]
    result = subprocess.run(command, cwd=skein.ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                            check=False)
    if result.returncode != 0:
        raise Failure("ChoiceCost does not build")
    place = subprocess.run([*command, "--show-bin-path"], cwd=skein.ROOT,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(place.stdout.strip()) / "ChoiceCost"


def measure(workshop, executable):
    output = workshop.run("choices", [executable, ROUNDS, CHOICES, FEW, MANY], RUN_SECONDS)
    return part(parse(output))


def parse(output):
    """For each algorithm the costs of all rounds, as (nanoseconds with few, with many)."""
    costs = {}
    for line in output.splitlines():
        algorithm, *numbers = line.split("\t")
        by_count = dict(zip(map(int, numbers[::2]), map(float, numbers[1::2])))
        costs.setdefault(algorithm, []).append((by_count[FEW], by_count[MANY]))
    return costs


def part(costs):
    rows, goals = [], []
    for algorithm, rounds in costs.items():
        few, many = (statistics.median(column) for column in zip(*rounds))
        # Within each round: what disturbs one longer than that cancels out.
        ratio = statistics.median(many / few for few, many in rounds)
        rows.append([algorithm, f"{few:.1f}", f"{many:.1f}", f"{ratio:.2f}"])
        goals.append(Goal(f"{algorithm}, times the cost", ratio,
                          LOGARITHMIC.get(algorithm, CONSTANT)))
    return Part(
        f"Nanoseconds of a choice, medians of {len(next(iter(costs.values())))} rounds of "
        f"{CHOICES:,} choices:",
        ["algorithm", f"{FEW} backends", f"{MANY:,} backends", "ratio"], rows, goals, costs)

"""What the gossip benchmark found, next to what it has to be."""

import statistics
from typing import NamedTuple

import report


class Goal(NamedTuple):
    last_seconds: float
    """Until the last survivor knows of a death, in the slowest round."""
    idle_bytes: int
    """A second and node, as IP packets."""


GOALS = {3: Goal(2.5, 300), 10: Goal(3, 300), 30: Goal(3.5, 350), 100: Goal(4, 400)}
HEADER = ["nodes", "first notices, s", "last notices, s", "idle B/s a node", "wrongly dead"]


def summary(rows, rounds, idle_seconds):
    lines = []
    for row in rows:
        lines.append([
            f"{row['nodes']} {row['members']}", _with_slowest(row["first_seconds"]),
            _with_slowest(row["last_seconds"]),
            f"{row['idle_bytes_per_second_per_node']:,.0f}", str(row["mistakes"])])
        if row["members"] == "skein" and row["nodes"] in GOALS:
            goal = GOALS[row["nodes"]]
            lines.append([f"{row['nodes']} goal", "", f"at most {goal.last_seconds:.2f}",
                          f"at most {goal.idle_bytes}", "0"])
    text = [f"Medians (slowest) of {rounds} nodes killed one at a time, and the traffic of "
            f"{idle_seconds} s of rest:", "", report.table(HEADER, lines)]
    missed = misses(rows)
    return "\n".join(text + (["", *missed] if missed else []))


def _with_slowest(seconds):
    return f"{statistics.median(seconds):.2f} ({max(seconds):.2f})"


def misses(rows):
    """A line for each goal that Skein misses."""
    lines = []
    for row in rows:
        if row["members"] != "skein":
            continue
        nodes, goal = row["nodes"], GOALS.get(row["nodes"])
        if goal and max(row["last_seconds"]) > goal.last_seconds:
            lines.append(f"MISSED: {nodes} nodes know of a death after "
                         f"{max(row['last_seconds']):.2f} s, not {goal.last_seconds:.2f} s")
        if goal and row["idle_bytes_per_second_per_node"] > goal.idle_bytes:
            lines.append(f"MISSED: each of {nodes} nodes at rest sends "
                         f"{row['idle_bytes_per_second_per_node']:.0f} B/s, "
                         f"not {goal.idle_bytes} B/s")
        if row["mistakes"]:
            lines.append(f"MISSED: of {nodes} nodes a living one was held dead "
                         f"{row['mistakes']} times")
    return lines

"""Medians, ratios and tables."""

import json
import statistics

from processes import Failure

GOALS = {"haproxy": 0.85, "nginx": 0.95}


def spread(values, digits):
    """Median with the lowest and highest value."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f}..{high:,.{digits}f})"


def column(rows, balancer, key):
    return [row[key] for row in rows if row["balancer"] == balancer]


def ratios(rows, key, ours, theirs):
    """Ours to theirs in each round that has both: noise that lasts a round cancels out."""
    per_round = {}
    for row in rows:
        per_round.setdefault(row["round"], {})[row["balancer"]] = row[key]
    return [values[ours] / values[theirs] for _, values in sorted(per_round.items())
            if ours in values and values.get(theirs)]


def goals(rows):
    """For each other balancer of the run: the median ratio of CPU, the goal, and if it holds."""
    found = []
    for theirs, goal in GOALS.items():
        values = ratios(rows, "cpu_us", "skein", theirs)
        if values:
            middle = statistics.median(values)
            found.append({"against": theirs, "ratio": middle, "goal": goal,
                          "lowest": min(values), "highest": max(values),
                          "holds": middle <= goal})
    return found


def table(header, rows):
    """A table in Markdown, aligned so that it reads well in a terminal too."""
    lines = [header, *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(header))]

    def render(cells):
        padded = [cells[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
        return "| " + " | ".join(padded) + " |"
    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    return "\n".join([render(header), render(rule), *map(render, rows)])


def order(names, index):
    """The names in turn, each round beginning with another."""
    shift = index % len(names)
    return names[shift:] + names[:shift]


def write_json(path, content):
    try:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}") from None

"""What a part of the balance benchmark found: one table, and its goals."""

from typing import NamedTuple

import report


class Goal(NamedTuple):
    what: str
    """What is measured, with its unit."""
    found: float
    most: float
    digits: int = 2

    @property
    def holds(self):
        return self.found <= self.most

    @property
    def text(self):
        return (f"goal {self.what}: {self.found:,.{self.digits}f}, at most "
                f"{self.most:,.{self.digits}f}: {'holds' if self.holds else 'MISSED'}")


class Part(NamedTuple):
    title: str
    header: list
    rows: list
    """Of the table; their cells are texts."""
    goals: list
    record: object
    """All that was measured, for a file."""

    @property
    def text(self):
        return "\n".join([self.title, "", report.table(self.header, self.rows), "",
                          *(goal.text for goal in self.goals), ""])


def percentile(values, share):
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]

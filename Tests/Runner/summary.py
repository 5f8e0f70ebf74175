"""What all stages came to."""

from typing import NamedTuple

from counting import Count


class Outcome(NamedTuple):
    name: str
    seconds: float
    count: Count
    """None for a stage that was not run."""
    why: str
    """What failed; empty when nothing did."""

    @property
    def is_good(self):
        return self.count is not None and not self.count.failed

    @property
    def verdict(self):
        return "passed" if self.is_good else "FAILED" if self.count else "not run"


def text(outcomes):
    """A table of the stages, and a last line that counts what passed and failed."""
    width = max(len(outcome.name) for outcome in outcomes)
    lines = [_line(outcome, width) for outcome in outcomes]
    counts = [outcome.count or Count() for outcome in outcomes]
    passed, failed = (sum(getattr(count, what) for count in counts)
                      for what in ("passed", "failed"))
    return "\n".join([*lines, "", f"{passed} passed, {failed} failed"])


def _line(outcome, width):
    line = f"{outcome.name:{width}}  {outcome.verdict:7}"
    if outcome.count is not None:
        line += f"  {outcome.seconds:6.1f} s  {outcome.count.passed:4} passed"
        line += "".join(f", {number} {what}" for number, what in (
            (outcome.count.failed, "failed"), (outcome.count.skipped, "skipped")) if number)
    return line + (f": {outcome.why}" if outcome.why else "")

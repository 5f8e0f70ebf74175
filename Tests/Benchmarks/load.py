"""Load from wrk, with its figures taken from its own counters and not from its prose."""

from typing import NamedTuple

import debian

CONNECTIONS = 64
GRACE_SECONDS = 20
SCRIPT = """done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("FIGURES %d %d %d %d %d\\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99),
        e.connect + e.read + e.write + e.status + e.timeout))
end
"""


class Load(NamedTuple):
    """Completed requests, errors (of sockets, time-outs, answers from 400 on), times in us."""

    requests: int
    duration_us: int
    p50_us: int
    p99_us: int
    errors: int


def wrk(workshop, port, seconds):
    script = workshop.folder / "figures.lua"
    script.write_text(SCRIPT)
    output = workshop.run(
        "wrk",
        [debian.program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
         "-s", script, f"http://127.0.0.1:{port}/"],
        seconds + GRACE_SECONDS)
    return parse(output)


def parse(output):
    [line] = [line for line in output.splitlines() if line.startswith("FIGURES ")]
    return Load(*map(int, line.split()[1:]))

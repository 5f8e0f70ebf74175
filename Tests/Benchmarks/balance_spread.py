"""How evenly three nodes fill eight backends together, beside three nodes that count alone.

One node has ten and twenty times the new connections of the two others, which hold long ones.
Lives are drawn from a Pareto distribution: most are short for their node, some very long. Then the
backends are restarted one after the other, and their clients come back at once, each through its
own node. Both clusters get the very same clients.
"""

import random
import statistics
import time
from typing import NamedTuple

import balance_nodes
from balance_report import Goal, Part, percentile
from processes import say

SEED = 7
BACKENDS = 8
RATES = (20, 2, 1)
"""New connections a second through each node."""
SHORTEST_SECONDS = (5, 60, 60)
"""Of a life; the mean of the distribution is four times as long."""
EXPONENT = 4 / 3
FIRST = (300, 160, 80)
"""Connections of each node that are opened at first, besides those that come at the rates."""
FILL_SECONDS = 6
RESTART_SECONDS, RESTART_EVERY_SECONDS = 0.8, 1.5
SETTLE_SECONDS = 3
LOOK_SECONDS = 20
RESTARTS_FROM = FILL_SECONDS + 2
RESTARTS_UNTIL = RESTARTS_FROM + BACKENDS * RESTART_EVERY_SECONDS
LOOK_FROM = RESTARTS_UNTIL + SETTLE_SECONDS
END = LOOK_FROM + LOOK_SECONDS
RATIO_MAX = 0.5
SHARED = """listeners:
  - name: tcp
    bind: "{address}:8080"
    protocol: tcp
    pool: tcp
    timeouts: { client: 1h }
pools:
  - name: tcp
    balance: least-connections
    timeouts: { server: 1h }
    health: { protocol: tcp, port: %d, interval: 200ms, timeout: 200ms, healthy-threshold: 1 }
    backends: %s
"""


class Client(NamedTuple):
    """Comes so many seconds after the beginning, to a node, for so many seconds."""

    second: float
    node: int
    life: float


def plan(seed):
    """All clients of the experiment, by time."""
    source = random.Random(seed)
    clients = []
    for node, rate in enumerate(RATES):
        seconds = [source.uniform(0, FILL_SECONDS) for _ in range(FIRST[node])]
        second = source.expovariate(rate)
        while second < END:
            seconds.append(second)
            second += source.expovariate(rate)
        clients += [Client(second, node, SHORTEST_SECONDS[node] * source.paretovariate(EXPONENT))
                    for second in seconds]
    return sorted(clients)


def spreads(samples, begun, since, until):
    """Most minus least open connections, in each sample of an interval with all backends up."""
    return [max(counts) - min(counts) for moment, counts, _, up in samples
            if since <= moment - begun < until and all(up)]


def measure(workshop, executable):
    found = {}
    for label, together in (("alone", False), ("together", True)):
        found[label] = experiment(workshop, executable, label, together)
        say(f"spread, {label}: mean {statistics.mean(found[label]['after']):.1f}")
    return part(found)


def experiment(workshop, executable, label, together):
    with balance_nodes.Stage(workshop, f"spread-{label}", BACKENDS) as stage:
        shared = SHARED % (balance_nodes.HEALTH_PORT,
                           balance_nodes.backend_list(stage.backends.addresses))
        nodes = stage.start(balance_nodes.Balancers(
            workshop, f"spread-{label}", executable, shared, together=together))
        begun = time.monotonic() + 0.5
        for client in plan(SEED):
            stage.clients.at(begun + client.second, _opening(stage.clients, nodes, client, begun))
        for index in range(BACKENDS):
            moment = begun + RESTARTS_FROM + index * RESTART_EVERY_SECONDS
            stage.clients.at(moment, lambda index=index: stage.backends.restart(
                index, RESTART_SECONDS))
        stage.clients.run(begun + END)
        samples = stage.backends.samples()
        counts = [sum(counts) for moment, counts, _, _ in samples if moment - begun > LOOK_FROM]
        return {"before": spreads(samples, begun, FILL_SECONDS, RESTARTS_FROM),
                "during": spreads(samples, begun, RESTARTS_FROM, LOOK_FROM),
                "after": spreads(samples, begun, LOOK_FROM, END),
                "open": statistics.mean(counts), "lost": stage.clients.lost,
                "unserved": stage.clients.unserved}


def _opening(clients, nodes, client, begun):
    address = (nodes.address(client.node), 8080)
    return lambda: clients.open(address, begun + client.second + client.life, persistent=True)


def part(found):
    """`found` has the samples of both clusters, by phase."""
    rows = []
    for phase, title in (("before", "before the restarts"), ("during", "while they restart"),
                         ("after", "afterwards")):
        means = {label: statistics.mean(found[label][phase]) for label in found}
        high = {label: percentile(found[label][phase], 0.95) for label in found}
        rows.append([title, f"{means['alone']:.1f}", f"{means['together']:.1f}",
                     f"{high['alone']:.0f}", f"{high['together']:.0f}"])
    means = {label: statistics.mean(found[label]["after"]) for label in found}
    high = {label: percentile(found[label]["after"], 0.95) for label in found}
    return Part(
        f"Most minus least open connections of {BACKENDS} backends behind three nodes, "
        f"{found['together']['open']:.0f} connections in all; the backends restart one by one:",
        ["spread", "alone, mean", "together, mean", "alone, 95 %", "together, 95 %"], rows,
        [Goal("spread together, as a part of that alone", means["together"] / means["alone"],
              RATIO_MAX),
         Goal("the same of the 95th percentiles", high["together"] / high["alone"], RATIO_MAX)],
        found)

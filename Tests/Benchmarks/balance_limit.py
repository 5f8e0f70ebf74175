"""Whether three nodes together keep to the most connections that a backend may have."""

import random
import statistics
import time

import balance_nodes
from balance_report import Goal, Part
from processes import say

SEED = 11
MAXIMUM = 90
MOST = MAXIMUM * 105 // 100
"""5 % more, as a whole number."""
ROUNDS = 3
POOLS = {"one": (8080, slice(0, 1)), "three": (8081, slice(1, 4))}
"""Pools with the port of their listener, and which of the backends they have."""
BACKENDS = 4
BURST_SPREAD_SECONDS = 0.05
"""Within so long all clients of a burst come."""
ALL_LIVES, ONE_LIVES = (1, 3), (6, 6.5)
"""Of connections, in seconds: of bursts at all nodes, and of those at one."""
ONE_AFTER_SECONDS = 4.5
"""From the burst at all nodes to the one at a single node."""
USE_FROM, USE_UNTIL = 4, 6
"""Seconds after the burst at a single node in which what it gets is measured."""
ROUND_SECONDS = 12
SHARED = """listeners:
  - { name: one, bind: "{address}:8080", protocol: tcp, pool: one, timeouts: { client: 1h } }
  - { name: three, bind: "{address}:8081", protocol: tcp, pool: three, timeouts: { client: 1h } }
pools:
  - { name: one, balance: least-connections, timeouts: { server: 1h }, backends: %s }
  - { name: three, balance: least-connections, timeouts: { server: 1h }, backends: %s }
"""


def measure(workshop, executable):
    with balance_nodes.Stage(workshop, "limit", BACKENDS) as stage:
        more = f", max-connections: {MAXIMUM}"
        lists = [balance_nodes.backend_list(stage.backends.addresses[which], more)
                 for _, which in POOLS.values()]
        nodes = stage.start(balance_nodes.Balancers(
            workshop, "limit", executable, SHARED % tuple(lists)))
        # The nodes' first shares are there a round or two after they have met.
        stage.clients.run(time.monotonic() + 3)
        stage.backends.samples()
        rounds = []
        for index in range(ROUNDS):
            begun = time.monotonic()
            schedule(stage.clients, nodes, index, begun)
            stage.clients.run(begun + ROUND_SECONDS)
            samples = stage.backends.samples()
            rounds.append({name: outcome(samples, begun + ONE_AFTER_SECONDS, which)
                           for name, (_, which) in POOLS.items()})
            say(f"limit, round {index + 1}: most {[each['most'] for each in rounds[-1].values()]}, "
                f"used {[round(each['used'], 2) for each in rounds[-1].values()]}")
        return part(rounds)


def schedule(clients, nodes, index, begun):
    """A burst at all nodes, thrice what the backends may have, and then one at a single node."""
    source = random.Random(SEED + index)
    for port, which in POOLS.values():
        room = MAXIMUM * len(range(BACKENDS)[which])
        bursts = [(begun, node, room, ALL_LIVES) for node in range(balance_nodes.NODES)]
        bursts.append((begun + ONE_AFTER_SECONDS, index % balance_nodes.NODES, room * 5 // 3,
                       ONE_LIVES))
        for start, node, count, lives in bursts:
            for _ in range(count):
                moment = start + source.uniform(0, BURST_SPREAD_SECONDS)
                end = moment + source.uniform(*lives)
                clients.at(moment, _opening(clients, (nodes.address(node), port), end))


def _opening(clients, address, end):
    return lambda: clients.open(address, end, persistent=True)


def outcome(samples, burst, which):
    """What came of a round at some of the backends.

    `most` at any of them; the share that was `used` when one node alone wanted them all; and after
    how many seconds that node had nine tenths.
    """
    most = max(peak for _, _, peaks, _ in samples for peak in peaks[which])
    shares = [(moment - burst, statistics.mean(counts[which]) / MAXIMUM)
              for moment, counts, _, _ in samples if moment > burst]
    used = statistics.mean(share for second, share in shares if USE_FROM <= second < USE_UNTIL)
    early = [second for second, share in shares if share >= 0.9]
    return {"most": most, "used": used, "after": min(early, default=None)}


def part(rounds):
    rows, goals = [], []
    for name in POOLS:
        found = [each[name] for each in rounds]
        most = max(each["most"] for each in found)
        times = [each["after"] for each in found]
        rows.append([name, f"{most}", f"{statistics.median(each['used'] for each in found):.0%}",
                     "not always" if None in times else
                     f"{statistics.median(times):.1f} ({max(times):.1f})"])
        goals.append(Goal(f"most connections of a backend, of {name}", most, MOST, 0))
    return Part(
        f"Backends with max-connections: {MAXIMUM} behind three nodes, {ROUNDS} rounds: a burst of "
        "three times that at all nodes at once, then one at a single node. Medians (most):",
        ["backends", "most open at one", "used by a single node", "90 % of it after, s"],
        rows, goals, rounds)

"""How soon the connections of a node that died leave the sums of the others."""

import random
import statistics
import time

import admin
import balance_nodes
from balance_report import Goal, Part
from processes import Failure, say

ROUNDS = 3
BACKENDS = 3
DYING, LIVING = 300, 10
"""Connections through the node that dies, and through each of the others."""
SUM_SECONDS = 10
NOTICE_SECONDS = 15
LOOK_SECONDS = 0.02
NOTICE_MOST = 2.5
"""The bound on noticing a death among three nodes."""
SHARED = """listeners:
  - { name: tcp, bind: "{address}:8080", protocol: tcp, pool: tcp, timeouts: { client: 1h } }
pools:
  - { name: tcp, balance: least-connections, timeouts: { server: 1h }, backends: %s }
"""


def measure(workshop, executable):
    with balance_nodes.Stage(workshop, "death", BACKENDS) as stage:
        nodes = stage.start(balance_nodes.Balancers(
            workshop, "death", executable,
            SHARED % balance_nodes.backend_list(stage.backends.addresses)))
        rounds = []
        for victim in range(ROUNDS):
            rounds.append(death(stage, nodes, victim % balance_nodes.NODES))
            say(f"death of {nodes.names[victim]}: its connections are gone after "
                f"{max(rounds[-1]):.2f} s")
            nodes.start_node(victim)
            nodes.await_ready()
        return part(rounds)


def death(stage, nodes, victim):
    """Seconds from the kill until each of the others has only what the living have open."""
    survivors = {index: nodes.admin(index) for index in range(balance_nodes.NODES)
                 if index != victim}
    end = time.monotonic() + SUM_SECONDS + 1 + NOTICE_SECONDS + 1
    for node in range(balance_nodes.NODES):
        for _ in range(DYING if node == victim else LIVING):
            stage.clients.open((nodes.address(node), 8080), end)
    living = LIVING * len(survivors)
    if not _await_sums(stage, survivors, DYING + living):
        raise Failure(f"{nodes.name}: not all nodes count {DYING + living} connections "
                      f"after {SUM_SECONDS} s")
    # Nodes probe each other once in a period: kill at any moment of it.
    stage.clients.run(time.monotonic() + random.random())
    killed = nodes.kill(victim)
    seconds = {}
    while len(seconds) < len(survivors):
        now = time.monotonic()
        if now - killed > NOTICE_SECONDS:
            raise Failure(f"{nodes.name}: the connections of a dead node still count after "
                          f"{NOTICE_SECONDS} s")
        pending = {index: survivors[index] for index in survivors if index not in seconds}
        for index, sum_ in sums(pending):
            if sum_ <= living:
                seconds[index] = time.monotonic() - killed
        stage.clients.run(now + LOOK_SECONDS)
    stage.clients.hang_up()
    return list(seconds.values())


def _await_sums(stage, connections, count):
    deadline = time.monotonic() + SUM_SECONDS
    while time.monotonic() < deadline:
        if all(sum_ == count for _, sum_ in sums(connections)):
            return True
        stage.clients.run(time.monotonic() + 0.1)
    return False


def sums(connections):
    """Yields each node with the connections of the cluster that it knows of."""
    for index, pools in admin.ask_all(connections, "/v1/pools"):
        yield index, sum(backend["cluster-connections"]
                         for pool in pools for backend in pool["backends"])


def part(rounds):
    first = [min(seconds) for seconds in rounds]
    last = [max(seconds) for seconds in rounds]
    return Part(
        f"A node with {DYING} open connections is killed, {len(rounds)} times; its connections "
        "have left the sums of the others after. Medians (most):",
        ["nodes", "at the first, s", "at the last, s"],
        [["3", *(f"{statistics.median(each):.2f} ({max(each):.2f})" for each in (first, last))]],
        [Goal("seconds until no node counts connections of the dead one", max(last), NOTICE_MOST)],
        rounds)

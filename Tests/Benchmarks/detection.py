"""How long a cluster needs to notice that a node is gone, and how much it talks when at rest."""

import os
import random
import time
from typing import NamedTuple

import loopback
from processes import Failure, until

CALM_SECONDS = 90
REST_SECONDS = 4
NOTICE_SECONDS = 40
LOOK_SECONDS = 0.04
"""A look at all survivors begins this often, so a death is noted so much too late at most."""

VICTIM_STRIDE = 7
"""From one victim to the next, so that of a large cluster not only the seeds die."""


class Death(NamedTuple):
    """Seconds from the kill until the first and the last survivor held the node dead."""

    victim: str
    first: float
    last: float
    mistakes: int
    """How many times a survivor held another node dead."""


def wait_for_calm(members):
    if not until(members.is_calm, CALM_SECONDS, pause=0.2):
        raise Failure(f"{len(members.names)} nodes of {members.name} do not all see each other "
                      f"after {CALM_SECONDS} s")
    time.sleep(REST_SECONDS)


def idle_bytes_per_second(members, seconds):
    """What a node sends on average, as IP packets, while nothing happens and nobody asks."""
    before, begun = loopback.carried(), time.monotonic()
    time.sleep(seconds)
    after, ended = loopback.carried(), time.monotonic()
    return after.ip_bytes_since(before) / (ended - begun) / len(members.names)


def death(members, victim):
    """Kills a node and watches the others until all hold it dead."""
    # Nodes probe each other once in a period: kill at any moment of it.
    time.sleep(random.random())
    moment = members.kill(victim)
    noticed, mistakes = _watch(members, victim, moment)
    return Death(members.names[victim], min(noticed), max(noticed), len(mistakes))


def _watch(members, victim, moment):
    name = members.names[victim]
    pending = [index for index in range(len(members.names)) if index != victim]
    noticed, mistakes = [], set()
    look = moment
    while pending:
        if look - moment > NOTICE_SECONDS:
            raise Failure(f"{len(pending)} nodes of {members.name} do not notice that {name} "
                          f"is dead within {NOTICE_SECONDS} s")
        for index, view in members.views(list(pending)):
            mistakes |= {(index, other) for other, state in view.items()
                         if state == "dead" and other != name}
            if view.get(name) == "dead":
                noticed.append(time.monotonic() - moment)
                pending.remove(index)
        look = max(look + LOOK_SECONDS, time.monotonic())
        time.sleep(max(0, look - time.monotonic()))
    return noticed, mistakes


def measure(members, rounds, idle_seconds):
    """One row of the result; leaves nothing running."""
    try:
        members.start()
        wait_for_calm(members)
        idle = idle_bytes_per_second(members, idle_seconds)
        deaths = []
        for index in range(rounds):
            victim = index * VICTIM_STRIDE % len(members.names)
            deaths.append(death(members, victim))
            members.start_node(victim)
            wait_for_calm(members)
    finally:
        members.stop()
    return {
        "members": members.name,
        "nodes": len(members.names),
        "idle_bytes_per_second_per_node": idle,
        "first_seconds": [each.first for each in deaths],
        "last_seconds": [each.last for each in deaths],
        "victims": [each.victim for each in deaths],
        "mistakes": sum(each.mistakes for each in deaths),
        "load_average": os.getloadavg()[0],
    }

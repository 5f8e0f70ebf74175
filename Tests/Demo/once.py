"""scripts/demo --once: three failures in the middle of traffic, and what became of it."""

import time
from typing import NamedTuple

import account
import blows
import skein
from client import Client
from cluster import TOPOLOGY, Cluster
from processes import Failure, until
from traffic import Traffic

CLIENTS = 12
"""An even number: half of them keep their connection, half open one for each request."""
PER_SECOND = 120
BURST = 300
BLOW_AFTER = 100
"""Requests of a phase that are answered before the blow, which so falls into the burst."""
KNOWN_SECONDS = 15
FINISH_SECONDS = 60
LABEL_WIDTH = 26


class Phase(NamedTuple):
    requests: int
    victim: object = None
    """One of `blows`; None for a phase without any."""


PHASES = (Phase(300), Phase(900, blows.backend), Phase(900, blows.worker),
          Phase(900, blows.node))


def run(workshop):
    cluster = Cluster(workshop, skein.executable())
    begun = time.monotonic()
    seconds = cluster.start()
    print(f"{len(cluster.nodes)} nodes and {len(cluster.backends)} backends are up after "
          f"{seconds:.1f} s: skein cluster up {TOPOLOGY.relative_to(skein.ROOT)}")
    addresses = [node.address for node in cluster.nodes]
    total = sum(phase.requests for phase in PHASES)
    print(f"{CLIENTS} clients send {total:,} requests to "
          f"{', '.join(f'{host}:{port}' for host, port in addresses)}; half keep their "
          "connection\nalive, half open one for each request. One that is refused or breaks "
          "sends its client to the next address.\n")
    clients = [Client(addresses, index // 2 % len(addresses), keeps=index % 2 == 0)
               for index in range(CLIENTS)]
    scene = Scene(cluster, clients)
    for phase in PHASES:
        scene.play(phase)
    for client in clients:
        client.close()
    left = cluster.stop()
    if left:
        scene.problems.append(
            f"teardown: `skein cluster up` ended and left {left} processes behind")
    print(f"\nall stopped; {time.monotonic() - begun:.0f} s in all")
    for problem in scene.problems:
        print(f"not as it should be: {problem}")
    if not scene.problems:
        print("every request that could be served was")
    return 1 if scene.problems else 0


class Scene:
    """The cluster and its clients through all phases; `problems` is what went wrong so far."""

    def __init__(self, cluster, clients):
        self._cluster = cluster
        self._clients = clients
        self._names = [backend.name for backend in cluster.backends]
        self._live_names = list(self._names)
        self._live_nodes = list(cluster.nodes)
        self.problems = []

    def play(self, phase):
        """Sends the requests of a phase, deals its blow meanwhile, and prints what was seen."""
        kill = phase.victim(self._cluster) if phase.victim else None
        traffic = Traffic(self._clients, phase.requests, BURST, PER_SECOND)
        blow, news = account.Blow("", time.monotonic()), None
        if kill:
            traffic.wait_for(BLOW_AFTER)
            struck = kill()
            blow, news = struck.blow, self._await_news(struck)
            self._live_names = [name for name in self._live_names if name != struck.lost]
            self._live_nodes = [node for node in self._live_nodes if node.name != struck.lost]
        requests = traffic.finish(FINISH_SECONDS)
        if requests is None:
            raise Failure(f"requests are under way after {FINISH_SECONDS} s more")
        label = f"{blow.what} killed" if kill else "all well"
        lines = [account.summary(requests, self._names), news,
                 f"answered by {account.shares(requests, self._names)}"]
        for line in filter(None, lines):
            print(f"{label:{LABEL_WIDTH}}{line}")
            label = ""
        self._judge(requests, blow)

    def _judge(self, requests, blow):
        found = account.problems(requests, blow, self._names, len(self._clients))
        found += account.silent(requests, blow.at, self._live_names,
                                [node.address for node in self._live_nodes])
        self.problems += [f"{blow.what or 'all well'}: {problem}" for problem in found]

    def _await_news(self, struck):
        """Waits until every witness knows; one line about who knew when."""
        heard = {}

        def ask():
            for node in struck.witnesses:
                status = None if node.name in heard else self._cluster.status(node)
                sign = struck.sign(status) if status else None
                if sign is not None:
                    heard[node.name] = (time.monotonic() - struck.blow.at, sign)
            return len(heard) == len(struck.witnesses)

        until(ask, KNOWN_SECONDS)
        self.problems += [
            f"{struck.blow.what}: {node.name} does not know after {KNOWN_SECONDS} s"
            for node in struck.witnesses if node.name not in heard]
        times = ", ".join(f"{name} after {seconds:.2f} s" for name, (seconds, _) in heard.items())
        # Who hears last has heard most.
        signs = [f": {sign}" for _, sign in heard.values() if sign][-1:]
        return f"{struck.phrase} {times or 'nobody'}{''.join(signs)}"

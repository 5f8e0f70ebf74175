"""scripts/demo --once: three failures in the middle of traffic, and what became of it."""

import time
from typing import NamedTuple

import account
import blows
import skein
from client import Client
from cluster import Cluster
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
    kill: object
    """Deals the blow; None for a phase without one."""


PHASES = (Phase(300, None), Phase(900, blows.kill_backend), Phase(900, blows.kill_worker),
          Phase(900, blows.kill_node))


def run(workshop):
    cluster = Cluster(workshop, skein.executable())
    begun = time.monotonic()
    seconds = cluster.start()
    print(f"{len(cluster.nodes)} nodes and {len(cluster.backends)} backends are up after "
          f"{seconds:.1f} s: skein cluster up {cluster.topology}")
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
        traffic = Traffic(self._clients, phase.requests, BURST, PER_SECOND)
        blow, news, since = account.Blow("all is well", time.monotonic()), None, 0
        if phase.kill:
            traffic.wait_for(BLOW_AFTER)
            struck = phase.kill(self._cluster)
            blow = struck.blow
            self._bury(struck)
            news = self._await_news(struck)
            since = time.monotonic()
        requests = traffic.finish(FINISH_SECONDS)
        if requests is None:
            raise Failure(f"{blow.what}: requests are under way after {FINISH_SECONDS} s more")
        label = f"{blow.what} killed" if phase.kill else blow.what
        print(f"{label:{LABEL_WIDTH}}{account.summary(requests, self._names)}")
        if news:
            print(f"{'':{LABEL_WIDTH}}{news}")
        print(f"{'':{LABEL_WIDTH}}answered by {account.shares(requests, self._names)}")
        found = account.problems(requests, blow, self._names, len(self._clients))
        found += account.silent(requests, since, self._live_names,
                                [node.address for node in self._live_nodes])
        self.problems += [f"{label}: {problem}" for problem in found]

    def _bury(self, struck):
        self._live_names = [name for name in self._live_names if name != struck.backend]
        self._live_nodes = [node for node in self._live_nodes if node.name != struck.node]

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
            f"{struck.blow.what} killed: {node.name} does not know it after {KNOWN_SECONDS} s"
            for node in struck.witnesses if node.name not in heard]
        times = [f"{name} after {seconds:.1f} s" for name, (seconds, _) in heard.items()]
        signs = sorted({sign for _, sign in heard.values() if sign})
        return f"{struck.phrase} {', '.join(times)}" + "".join(f": {sign}" for sign in signs)

"""Three things to kill, and how one sees that the cluster knows.

Each function chooses its victim and returns a function that kills it, so that nothing but the kill
itself happens in the middle of traffic.
"""

import os
import signal
import time
from typing import NamedTuple

import knowledge
import machine
from account import Blow
from processes import Failure, until

DEATH_SECONDS = 2


class Struck(NamedTuple):
    """A blow that was dealt, and what is to follow from it."""

    blow: Blow
    sign: object
    """A function of a node's status: text once it shows the blow, None before."""
    phrase: str
    witnesses: list
    """The nodes that have to know."""
    lost: str = None
    """The name of the backend or node that is gone for good."""


def backend(cluster):
    victim = cluster.backends[1]

    def kill():
        blow = Blow(f"backend {victim.name}", time.monotonic())
        _kill([victim.pid])
        return Struck(blow, lambda status: knowledge.backend_down(status, victim.address),
                      "known to", cluster.nodes, victim.name)
    return kill


def worker(cluster):
    node = cluster.nodes[0]
    status = cluster.status(node)
    if not status:
        raise Failure(f"{node.name} does not tell its status")
    index, pid = (status["workers"][0][key] for key in ("index", "pid"))

    def kill():
        # It is stopped for a moment, so that it cannot take a connection between look and kill.
        os.kill(pid, signal.SIGSTOP)
        ports = _client_ports(pid, node.address)
        blow = Blow(f"worker {index} of {node.name}", time.monotonic(), node.address, ports)
        _kill([pid])
        return Struck(blow, lambda status: knowledge.worker_replaced(status, index, pid),
                      "replaced on", [node])
    return kill


def node(cluster):
    victim = cluster.nodes[-1]
    # The supervisor comes first, or it would replace the others.
    family = [victim.pid, *machine.descendants(victim.pid)]

    def kill():
        blow = Blow(f"node {victim.name}", time.monotonic(), victim.address)
        _kill(family)
        return Struck(blow, lambda status: knowledge.node_dead(status, victim.name),
                      "known to", cluster.nodes[:-1], victim.name)
    return kill


def _client_ports(pid, address):
    """The ports of the clients that a process is connected to at its own `address`."""
    held = machine.sockets(pid)
    return frozenset(connection.remote[1] for connection in machine.tcp_connections(pid)
                     if connection.inode in held and connection.local == address)


def _kill(pids):
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        if not until(lambda: machine.identity(pid) is None, DEATH_SECONDS, pause=0.001):
            raise Failure(f"process {pid} does not die")

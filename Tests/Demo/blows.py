"""Three things to kill, and how one sees that the cluster knows."""

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
    """A blow that was dealt."""

    blow: Blow
    sign: object
    """A function of a node's status: text once it shows the blow, None before."""
    phrase: str
    witnesses: list
    """The nodes that have to know."""


def kill_backend(cluster):
    victim = cluster.backends[1]
    blow = Blow(f"backend {victim.name}", time.monotonic())
    os.kill(victim.pid, signal.SIGKILL)
    _await_death(victim.pid)
    return Struck(blow, lambda status: knowledge.backend_down(status, victim.address),
                  "seen down by", cluster.nodes)


def kill_worker(cluster):
    node = cluster.nodes[0]
    status = cluster.status(node)
    if not status:
        raise Failure(f"{node.name} does not tell its status")
    worker = status["workers"][0]
    index, pid = worker["index"], worker["pid"]
    # It is stopped for a moment, so that it cannot take a connection between look and kill.
    os.kill(pid, signal.SIGSTOP)
    held = machine.sockets(pid)
    ports = frozenset(connection.remote[1] for connection in machine.tcp_connections(pid)
                      if connection.inode in held and connection.local == node.address)
    blow = Blow(f"worker {index} of {node.name}", time.monotonic(), node.address, ports)
    os.kill(pid, signal.SIGKILL)
    _await_death(pid)
    return Struck(blow, lambda status: knowledge.worker_replaced(status, index, pid),
                  "replaced on", [node])


def kill_node(cluster):
    victim = cluster.nodes[-1]
    blow = Blow(f"node {victim.name}", time.monotonic(), victim.address)
    family = [victim.pid, *machine.descendants(victim.pid)]
    # The supervisor goes first, or it would replace the others.
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    for pid in family:
        _await_death(pid)
    return Struck(blow, lambda status: knowledge.node_dead(status, victim.name), "dead for",
                  cluster.nodes[:-1])


def _await_death(pid):
    if not until(lambda: machine.identity(pid) is None, DEATH_SECONDS, pause=0.001):
        raise Failure(f"process {pid} does not die")

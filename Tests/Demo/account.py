"""What clients saw, and whether they should have seen it."""

import collections
from typing import NamedTuple

import client

BROKEN = (client.RESET, client.CUT)
"""How a request ends that was under way on a connection to a process that was killed."""


class Blow(NamedTuple):
    """Something was killed; this says which connections may have been lost by it, and no others.

    A killed backend costs no client its connection. A killed worker costs those connections that
    were open on it in that moment; one in its queue or made later must not be lost. A killed node
    costs whatever is sent to its address from then on.
    """

    what: str
    at: float
    address: tuple = None
    """Of the node; None when no client may notice."""
    ports: frozenset = None
    """Of the clients that the killed process had a connection to; None for a whole node."""

    def explains(self, loss):
        if loss.address != self.address or loss.noticed < self.at:
            return False
        if self.ports is None:
            return loss.kind in (client.REFUSED, client.IDLE, *BROKEN)
        return (loss.kind in (client.IDLE, *BROKEN) and loss.port in self.ports
                and loss.opened <= self.at)


def failure(request, backends):
    """What is wrong with the outcome of a request; None for an answer by one of `backends`."""
    if request.status == 0:
        return "no address answered"
    if request.status != 200:
        return f"status {request.status}"
    return None if request.body in backends else f"answer {request.body[:40]!r}"


def summary(requests, backends):
    """One line: how many requests, and what became of them."""
    failures = [failure(request, backends) for request in requests]
    attempts = [[loss.kind for loss in request.losses if loss.kind != client.IDLE]
                for request in requests]
    retried = [kinds for kinds, wrong in zip(attempts, failures) if kinds and not wrong]
    failed = [wrong for wrong in failures if wrong]
    idle = sum(loss.kind == client.IDLE for request in requests for loss in request.losses)
    line = (f"{len(requests)} sent, {len(requests) - len(failed)} answered, "
            f"{len(retried)} of them at the next address"
            f"{_by_kind(kind for kinds in retried for kind in kinds)}, "
            f"{len(failed)} failed{_by_kind(failed)}")
    return line + (f"; idle connections closed: {idle}" if idle else "")


def _by_kind(kinds):
    counts = collections.Counter(kinds)
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return f" ({listed})" if listed else ""


def shares(requests, backends):
    """How many answers each backend gave."""
    counts = collections.Counter(request.body for request in requests)
    return ", ".join(f"{name} {counts[name]}" for name in backends)


def problems(requests, blow, backends, clients):
    """What clients should not have seen: a list of sentences, empty if all is well."""
    wrong = collections.Counter(
        filter(None, (failure(request, backends) for request in requests)))
    found = [f"requests that failed ({kind}): {count}" for kind, count in sorted(wrong.items())]
    losses = [loss for request in requests for loss in request.losses]
    needless = collections.Counter(
        (loss.kind, loss.address[0]) for loss in losses if not blow.explains(loss))
    found += [f"connections to {host} lost without need ({kind}): {count}"
              for (kind, host), count in sorted(needless.items())]
    broken = sum(loss.kind in BROKEN for loss in losses)
    if broken > clients:
        found.append(f"{broken} requests broke, more than {clients} clients can have under way")
    return found


def silent(requests, since, backends, addresses):
    """Which of the backends and node addresses had no part in the requests begun since then."""
    late = [request for request in requests if request.begun >= since]
    answering = {request.body for request in late}
    used = {request.address for request in late}
    return ([f"{name} got no requests" for name in backends if name not in answering]
            + [f"nothing was answered by {host}:{port}"
               for host, port in addresses if (host, port) not in used])

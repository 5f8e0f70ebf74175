"""A client of a service that has several addresses, as clients of a name in DNS are.

It has one request at a time. A connection that is refused or breaks sends it to the next address,
until each was tried once.
"""

import errno
import http.client
import select
import time
from typing import NamedTuple

TIMEOUT_SECONDS = 5

REFUSED = "refused"
RESET = "reset"
CUT = "closed without an answer"
IDLE = "closed between requests"
TIMED_OUT = "timed out"
MALFORMED = "malformed answer"


class Loss(NamedTuple):
    """A connection that could not be made, or that ended though its client still wanted it."""

    kind: str
    address: tuple
    port: int
    """The client's own; 0 if there was no connection."""
    opened: float
    """When the client began to connect, on the monotonic clock."""
    noticed: float


class Request(NamedTuple):
    """One request with all its attempts."""

    begun: float
    status: int
    """0 when no address answered."""
    body: str
    address: tuple
    """Who answered; the last that was tried when nobody did."""
    losses: tuple


def kind_of(error):
    if isinstance(error, (http.client.RemoteDisconnected, http.client.IncompleteRead)):
        return CUT
    if isinstance(error, http.client.HTTPException):
        return MALFORMED
    if isinstance(error, ConnectionRefusedError):
        return REFUSED
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return RESET
    if isinstance(error, TimeoutError):
        return TIMED_OUT
    return errno.errorcode.get(error.errno, str(error))


class Connection:
    def __init__(self, address):
        self.address = address
        self.opened = time.monotonic()
        self.port = 0
        self._http = http.client.HTTPConnection(*address, timeout=TIMEOUT_SECONDS)

    def open(self):
        self._http.connect()
        # Otherwise it would quietly connect again after a connection was closed.
        self._http.auto_open = 0
        self.port = self._http.sock.getsockname()[1]

    def get(self):
        self._http.request("GET", "/")
        answer = self._http.getresponse()
        return answer.status, answer.read().decode("latin-1").strip()

    @property
    def stays(self):
        """Whether the last answer left it open."""
        return self._http.sock is not None

    def is_over(self):
        """Whether the other side ended it since the last answer."""
        poll = select.poll()
        poll.register(self._http.sock, select.POLLIN)
        return bool(poll.poll(0))

    def close(self):
        self._http.close()

    def lost(self, kind):
        self.close()
        return Loss(kind, self.address, self.port, self.opened, time.monotonic())


class Client:
    """Keeps its connection, or opens one for each request at the next address in turn."""

    def __init__(self, addresses, first, keeps):
        self._addresses = addresses
        self._position = first
        self._keeps = keeps
        self._connection = None

    def get(self):
        begun, losses = time.monotonic(), []
        if self._connection and self._connection.is_over():
            losses.append(self._lose(IDLE))
        for _ in self._addresses:
            try:
                status, body = self._attempt()
            except (OSError, http.client.HTTPException) as error:
                losses.append(self._lose(kind_of(error)))
                continue
            address = self._connection.address
            if not self._keeps or not self._connection.stays:
                self.close()
            if not self._keeps:
                self._turn()
            return Request(begun, status, body, address, tuple(losses))
        return Request(begun, 0, "", losses[-1].address, tuple(losses))

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None

    def _attempt(self):
        if not self._connection:
            self._connection = Connection(self._addresses[self._position])
            self._connection.open()
        return self._connection.get()

    def _lose(self, kind):
        loss = self._connection.lost(kind)
        self._connection = None
        self._turn()
        return loss

    def _turn(self):
        self._position = (self._position + 1) % len(self._addresses)

"""Clients that open TCP connections on a schedule and keep them for as long as it says."""

import heapq
import itertools
import select
import socket
import time

RETRY_SECONDS = 0.1


class Connection:
    """A client that wants to be served by `address` until the moment `end`."""

    def __init__(self, address, end, persistent):
        self.address = address
        self.end = end
        self.persistent = persistent
        self.socket = None
        self.is_served = False


class Clients:
    """All clients of an experiment, in this thread."""

    def __init__(self):
        self._poll = select.epoll()
        self._connections = {}
        self._timers = []
        self._order = itertools.count()
        self.unserved = 0
        """Attempts that ended before a backend greeted."""
        self.lost = 0
        """Connections that ended although their clients wanted to keep them."""

    @property
    def served(self):
        """How many a backend serves now."""
        return sum(each.is_served for each in self._connections.values())

    def at(self, moment, action):
        """Has something done at a moment of the monotonic clock."""
        heapq.heappush(self._timers, (moment, next(self._order), action))

    def open(self, address, end, persistent=False):
        """Opens a connection now and closes it at `end`.

        A persistent client opens it anew, if need be again and again, when it ends before.
        """
        self._open(Connection(address, end, persistent))

    def run(self, until):
        """Does what is to be done until a moment of the monotonic clock."""
        while True:
            now = time.monotonic()
            if now >= until:
                return
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2]()
            wake = min([until, *(timer[0] for timer in self._timers[:1])])
            for descriptor, _ in self._poll.poll(max(0, wake - time.monotonic())):
                self._read(descriptor)

    def hang_up(self):
        """Closes all connections and forgets what was to be done."""
        for each in self._connections.values():
            each.socket.close()
        self._connections = {}
        self._timers = []

    def close(self):
        self.hang_up()
        self._poll.close()

    def _open(self, connection):
        if time.monotonic() >= connection.end:
            return
        connection.is_served = False
        connection.socket = socket.socket()
        connection.socket.setblocking(False)
        try:
            connection.socket.connect(connection.address)
        except BlockingIOError:
            pass
        except OSError:
            self._ended(connection)
            return
        self._connections[connection.socket.fileno()] = connection
        self._poll.register(connection.socket, select.EPOLLIN)
        this = connection.socket
        self.at(connection.end, lambda: self._leave(connection, this))

    def _read(self, descriptor):
        connection = self._connections.get(descriptor)
        if not connection:
            return
        try:
            if connection.socket.recv(4096):
                connection.is_served = True
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        del self._connections[descriptor]
        self._ended(connection)

    def _ended(self, connection):
        """The other side has ended it, or there is none."""
        connection.socket.close()
        if connection.is_served:
            self.lost += 1
        else:
            self.unserved += 1
        if connection.persistent:
            # At once when it had been served: the next one may not be.
            delay = 0 if connection.is_served else RETRY_SECONDS
            self.at(time.monotonic() + delay, lambda: self._open(connection))

    def _leave(self, connection, this):
        if connection.socket is this and this.fileno() in self._connections:
            del self._connections[this.fileno()]
            this.close()

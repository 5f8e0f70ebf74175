"""TCP servers that count, in a process of their own, how many connections each of them has open.

Usage: balance_backends.py SOCKET PORT HEALTH_PORT ADDRESS...

They greet each client with one byte and then wait until it goes. SOCKET takes commands as lines of
JSON: {"do": "restart", "backend": 0, "seconds": 1.5} breaks a server's connections and has it
refuse new ones for so long, {"do": "samples"} answers with all samples since the last time.
"""

import heapq
import json
import os
import select
import socket
import sys
import time

SAMPLE_SECONDS = 0.1
BACKLOG = 4096
GREETING = b"."


class Backend:
    """One server: `open` connections now, and the most of them since the last sample."""

    def __init__(self, address, port, health_port):
        self._addresses = [(address, port), (address, health_port)]
        self.listeners = []
        self.connections = {}
        self.peak = 0

    @property
    def open(self):
        return len(self.connections)

    def listen(self):
        self.listeners = [socket.create_server(address, backlog=BACKLOG)
                          for address in self._addresses]
        for listener in self.listeners:
            listener.setblocking(False)


class Backends:
    """All servers, and whoever gives commands."""

    def __init__(self, backends, commands):
        self._backends = backends
        self._commands = commands
        self._lines = b""
        self._poll = select.epoll()
        # Open connections and listeners by descriptor.
        self._owners = {}
        self._timers = []
        self._samples = []
        self._poll.register(commands, select.EPOLLIN)
        for backend in backends:
            self._bring_up(backend)

    def serve(self):
        """Until whoever gives commands is gone."""
        next_sample = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= next_sample:
                self._sample(now)
                next_sample += SAMPLE_SECONDS
            while self._timers and self._timers[0][0] <= now:
                self._bring_up(self._backends[heapq.heappop(self._timers)[1]])
            wake = min([next_sample, *(timer[0] for timer in self._timers[:1])])
            events = self._poll.poll(max(0, wake - time.monotonic()))
            # New connections first: where one came and one went meanwhile, both count.
            for descriptor, _ in sorted(events, key=lambda event: self._is_connection(event[0])):
                if descriptor == self._commands.fileno():
                    if not self._obey():
                        return
                else:
                    self._handle(descriptor)

    def _is_connection(self, descriptor):
        backend = self._owners.get(descriptor)
        return bool(backend) and descriptor in backend.connections

    def _handle(self, descriptor):
        backend = self._owners.get(descriptor)
        if not backend:
            return
        if descriptor in backend.connections:
            self._read(backend, descriptor)
            return
        traffic, health = backend.listeners
        if descriptor == traffic.fileno():
            self._accept(backend, traffic)
        else:
            for connection in accepted(health):
                connection.close()

    def _accept(self, backend, listener):
        for connection in accepted(listener):
            connection.setblocking(False)
            backend.connections[connection.fileno()] = connection
            self._owners[connection.fileno()] = backend
            self._poll.register(connection, select.EPOLLIN | select.EPOLLRDHUP)
            try:
                connection.send(GREETING)
            except OSError:
                # It is gone already, which its end of file will say too.
                pass
        backend.peak = max(backend.peak, backend.open)

    def _read(self, backend, descriptor):
        try:
            if backend.connections[descriptor].recv(4096):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._close(backend, descriptor)

    def _close(self, backend, descriptor):
        del self._owners[descriptor]
        backend.connections.pop(descriptor).close()

    def _sample(self, now):
        self._samples.append([
            now, [backend.open for backend in self._backends],
            [backend.peak for backend in self._backends],
            [bool(backend.listeners) for backend in self._backends]])
        for backend in self._backends:
            backend.peak = backend.open

    def _bring_up(self, backend):
        backend.listen()
        for listener in backend.listeners:
            self._owners[listener.fileno()] = backend
            self._poll.register(listener, select.EPOLLIN)

    def _take_down(self, index, seconds):
        backend = self._backends[index]
        for listener in backend.listeners:
            del self._owners[listener.fileno()]
            listener.close()
        backend.listeners = []
        for descriptor in list(backend.connections):
            self._close(backend, descriptor)
        heapq.heappush(self._timers, (time.monotonic() + seconds, index))

    def _obey(self):
        """Whether there may be more commands."""
        received = self._commands.recv(65536)
        *lines, self._lines = (self._lines + received).split(b"\n")
        for line in lines:
            command = json.loads(line)
            answer = None
            if command["do"] == "restart":
                self._take_down(command["backend"], command["seconds"])
            elif command["do"] == "samples":
                answer, self._samples = self._samples, []
            self._commands.setblocking(True)
            self._commands.sendall(json.dumps(answer).encode() + b"\n")
        return bool(received)


def accepted(listener):
    """Yields the connections that wait."""
    while True:
        try:
            yield listener.accept()[0]
        except BlockingIOError:
            return


def main(arguments):
    path, port, health_port, *addresses = arguments
    backends = [Backend(address, int(port), int(health_port)) for address in addresses]
    with socket.socket(socket.AF_UNIX) as listener:
        # Under its name only when it can be connected to.
        listener.bind(path + ".new")
        listener.listen()
        os.rename(path + ".new", path)
        commands, _ = listener.accept()
    Backends(backends, commands).serve()


if __name__ == "__main__":
    main(sys.argv[1:])

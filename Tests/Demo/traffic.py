"""Requests from several clients at once: first a burst, then at an even pace."""

import threading
import time

from processes import until


class Traffic:
    """`count` requests, shared out among the clients in turn."""

    def __init__(self, clients, count, burst, per_second):
        """`burst` of them are sent as fast as it goes, the others at `per_second`."""
        self._requests = [[] for _ in clients]
        self._begun = time.monotonic()
        self._threads = []
        for index, client in enumerate(clients):
            due = [max(0, number - burst) / per_second
                   for number in range(index, count, len(clients))]
            self._threads.append(threading.Thread(
                target=self._send, args=(client, due, self._requests[index]), daemon=True))
        for thread in self._threads:
            thread.start()

    def _send(self, client, due, requests):
        for moment in due:
            time.sleep(max(0, self._begun + moment - time.monotonic()))
            requests.append(client.get())

    def wait_for(self, count):
        """Returns when so many requests have ended, or all."""
        while sum(map(len, self._requests)) < count and self._is_under_way():
            time.sleep(0.001)

    def finish(self, seconds):
        """All requests; None if they do not end in time."""
        if not until(lambda: not self._is_under_way(), seconds):
            return None
        return [request for each in self._requests for request in each]

    def _is_under_way(self):
        return any(thread.is_alive() for thread in self._threads)

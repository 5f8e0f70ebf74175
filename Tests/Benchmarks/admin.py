"""Many admin sockets asked at once. They are Unix sockets: no packet of theirs is on a network."""

import http.client
import json
import socket

ANSWER_SECONDS = 5


class AdminConnection(http.client.HTTPConnection):
    """A connection that is kept; after a failure the next question opens it anew."""

    def __init__(self, path):
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)

    def ask(self, target, method="GET", document=None):
        """Whether the question, or the order, could be put."""
        try:
            self.request(method, target, None if document is None else json.dumps(document))
            return True
        except (OSError, http.client.HTTPException):
            self.close()
            return False

    def answer(self, is_document=True):
        """What answers the last question, as a document or as it is; None when there is nothing."""
        try:
            response = self.getresponse()
            body = response.read()
            if response.status != 200:
                return None
            return json.loads(body) if is_document else body
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return None


def ask_all(connections, target):
    """Yields the key of each connection with its answer, as they come in that order.

    All are asked before the first answer is read, so that one look takes no longer than the
    slowest of them.
    """
    asked = [key for key, connection in connections.items() if connection.ask(target)]
    for key in asked:
        document = connections[key].answer()
        if document is not None:
            yield key, document

import contextlib
import socket
import threading
import unittest

import client
from client import Client
from traffic import Traffic

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ngoose\n"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\ngoose\n"
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\ngoose\n"


class Server:
    """Answers each request with the same bytes, on each connection at most `answers` times."""

    def __init__(self, answer=ANSWER, answers=1000):
        self._answer, self._answers = answer, answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            for _ in range(self._answers):
                if not connection.recv(4096):
                    return
                connection.sendall(self._answer)
            if not self._answers:
                connection.recv(4096)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Requests(unittest.TestCase):
    def server(self, *arguments, **options):
        server = Server(*arguments, **options)
        self.addCleanup(server.close)
        return server

    def client(self, addresses, keeps=True):
        result = Client(addresses, 0, keeps)
        self.addCleanup(result.close)
        return result

    def nobody(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return listener.getsockname()

    def kinds(self, request):
        return [loss.kind for loss in request.losses]

    def test_kept_connection_serves_all_requests(self):
        server = self.server()
        asking = self.client([server.address])
        answers = [asking.get() for _ in range(3)]
        self.assertEqual({(each.status, each.body, each.losses) for each in answers},
                         {(200, "goose", ())})
        self.assertEqual(server.connections, 1)

    def test_fresh_connections_go_to_the_addresses_in_turn(self):
        servers = [self.server(), self.server()]
        asking = self.client([each.address for each in servers], keeps=False)
        self.assertEqual([asking.get().address for _ in range(4)],
                         [servers[index].address for index in (0, 1, 0, 1)])
        self.assertEqual([each.connections for each in servers], [2, 2])

    def test_refused_goes_to_the_next_address_and_stays_there(self):
        server = self.server()
        asking = self.client([self.nobody(), server.address])
        first, second = asking.get(), asking.get()
        self.assertEqual(self.kinds(first), [client.REFUSED])
        self.assertEqual((first.status, first.address), (200, server.address))
        self.assertEqual(second.losses, ())

    def test_connection_that_ends_without_or_within_an_answer(self):
        good = self.server()
        for bad in (self.server(answers=0), self.server(answer=SHORT, answers=1)):
            answer = self.client([bad.address, good.address]).get()
            self.assertEqual((self.kinds(answer), answer.address), ([client.CUT], good.address))
            self.assertGreater(answer.losses[0].port, 0)

    def test_no_answer_anywhere(self):
        answer = self.client([self.nobody(), self.nobody()]).get()
        self.assertEqual((answer.status, self.kinds(answer)), (0, [client.REFUSED] * 2))

    def test_connection_closed_between_requests_costs_no_request(self):
        server = self.server(answers=1)
        asking = self.client([server.address])
        asking.get()
        while not asking._connection.is_over():
            pass
        answer = asking.get()
        self.assertEqual((answer.status, self.kinds(answer)), (200, [client.IDLE]))

    def test_connection_that_was_announced_to_close_is_no_loss(self):
        server = self.server(answer=CLOSING, answers=1)
        asking = self.client([server.address])
        self.assertEqual([asking.get().losses for _ in range(2)], [(), ()])

    def test_what_is_not_http(self):
        asking = self.client([self.server(answer=b"goose\r\n\r\n", answers=1).address])
        self.assertEqual(self.kinds(asking.get()), [client.MALFORMED])

    def test_traffic_shares_out_every_request(self):
        server = self.server()
        clients = [self.client([server.address], keeps=False) for _ in range(3)]
        traffic = Traffic(clients, count=20, burst=10, per_second=200)
        traffic.wait_for(5)
        requests = traffic.finish(10)
        self.assertEqual([len(requests), server.connections], [20, 20])
        self.assertGreater(max(each.begun for each in requests)
                           - min(each.begun for each in requests), 0.04)


if __name__ == "__main__":
    unittest.main()

import unittest

import account
import client
from account import Blow
from client import Loss, Request

NODE, OTHER = ("127.0.10.1", 8080), ("127.0.10.2", 8080)
NAMES = ["goose-1", "goose-2"]


def loss(kind, address=NODE, port=5000, opened=1.0, noticed=3.0):
    return Loss(kind, address, port, opened, noticed)


def request(*losses, status=200, body="goose-1", address=OTHER, begun=1.0):
    return Request(begun, status, body, address, losses)


class Explanations(unittest.TestCase):
    worker = Blow("worker", 2.0, NODE, frozenset([5000]))
    node = Blow("node", 2.0, NODE)

    def test_connection_held_by_the_killed_worker_may_be_lost(self):
        for kind in (client.RESET, client.CUT, client.IDLE):
            self.assertTrue(self.worker.explains(loss(kind)), kind)

    def test_other_connections_to_its_node_may_not(self):
        for each in (loss(client.RESET, port=5001), loss(client.RESET, opened=2.5),
                     loss(client.RESET, noticed=1.9), loss(client.RESET, address=OTHER),
                     loss(client.REFUSED, port=0), loss(client.TIMED_OUT)):
            self.assertFalse(self.worker.explains(each), each)

    def test_everything_at_the_address_of_a_dead_node_may_be_lost(self):
        for kind in (client.RESET, client.CUT, client.IDLE, client.REFUSED):
            self.assertTrue(self.node.explains(loss(kind, opened=2.5)), kind)
        for each in (loss(client.RESET, address=OTHER), loss(client.REFUSED, noticed=1.9),
                     loss(client.TIMED_OUT), loss(client.MALFORMED)):
            self.assertFalse(self.node.explains(each), each)

    def test_a_killed_backend_costs_no_connection(self):
        self.assertFalse(Blow("backend", 2.0).explains(loss(client.IDLE)))


class Problems(unittest.TestCase):
    def test_none_when_every_loss_is_explained_and_every_request_answered(self):
        requests = [request(), request(loss(client.RESET)), request(body="goose-2")]
        self.assertEqual(account.problems(requests, Blow("node", 2.0, NODE), NAMES, 12), [])

    def test_each_kind_of_failure_is_counted(self):
        requests = [request(status=502), request(status=502), request(status=0, body=""),
                    request(body="gander"), request(loss(client.RESET, address=OTHER))]
        self.assertEqual(account.problems(requests, Blow("node", 2.0, NODE), NAMES, 12), [
            "requests that failed (answer 'gander'): 1",
            "requests that failed (no address answered): 1",
            "requests that failed (status 502): 2",
            "connections to 127.0.10.2 lost without need (reset): 1"])

    def test_more_broken_requests_than_clients(self):
        requests = [request(loss(client.RESET)), request(loss(client.CUT)),
                    request(loss(client.IDLE)), request(loss(client.REFUSED))]
        blow = Blow("node", 2.0, NODE)
        self.assertEqual(account.problems(requests, blow, NAMES, 2), [])
        self.assertEqual(len(account.problems(requests, blow, NAMES, 1)), 1)

    def test_who_had_no_part_after_the_blow(self):
        requests = [request(), request(body="goose-2", begun=0.5, address=NODE)]
        self.assertEqual(account.silent(requests, 0, NAMES, [NODE, OTHER]), [])
        self.assertEqual(account.silent(requests, 1.0, NAMES, [NODE, OTHER]), [
            "goose-2 got no requests", "nothing was answered by 127.0.10.1:8080"])


class Texts(unittest.TestCase):
    def test_summary(self):
        requests = [request(), request(loss(client.RESET)), request(status=503, body=""),
                    request(loss(client.REFUSED), loss(client.REFUSED)),
                    request(loss(client.IDLE))]
        self.assertEqual(
            account.summary(requests, NAMES),
            "5 sent, 4 answered, 2 of them at the next address (2 refused, 1 reset), "
            "1 failed (1 status 503); idle connections closed: 1")

    def test_shares_name_the_silent_too(self):
        self.assertEqual(account.shares([request()], NAMES), "goose-1 1, goose-2 0")


if __name__ == "__main__":
    unittest.main()

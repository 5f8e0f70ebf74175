import argparse
import http.server
import pathlib
import socketserver
import tempfile
import threading
import time
import unittest

import admin
import detection
import gossip_command
import gossip_report
import loopback
from processes import Failure
from serf_log import SerfLog

SERF_LINES = """==> Starting Serf agent...
                      Node name: 'n1'
    2026/11/24 14:33:47 [INFO] serf: EventMemberJoin: n1 127.0.1.1
    2026/11/24 14:33:47 [INFO] serf: EventMemberJoin: n3 127.0.1.3
    2026/11/24 14:33:54 [INFO] memberlist: Suspect n3 has failed, no acks received
"""
SERF_FAILURE = "    2026/11/24 14:33:56 [INFO] serf: EventMemberFailed: n3 127.0.1.3\n"
SERF_RETURN = "    2026/11/24 14:34:00 [INFO] serf: EventMemberJoin: n3 127.0.1.3\n"
NETWORK = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
    lo:    5400      50    0    0    0     0          0         0     5400      50    0
  eth0: 9999999    9999    0    0    0     0          0         0  9999999    9999    0
"""


class Log(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "log"
        self.path.write_text(SERF_LINES)
        self.log = SerfLog(self.path)
        self.log.follow()

    def write(self, text):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(text)
        self.log.follow()

    def test_suspicion_is_no_death(self):
        self.assertEqual(self.log.states, {"n1": "alive", "n3": "alive"})

    def test_death_and_return(self):
        self.write(SERF_FAILURE)
        self.assertEqual(self.log.states, {"n1": "alive", "n3": "dead"})
        self.write(SERF_RETURN)
        self.assertEqual(self.log.states, {"n1": "alive", "n3": "alive"})

    def test_line_that_is_half_written_counts_when_it_is_whole(self):
        self.write(SERF_FAILURE[:-8])
        self.assertEqual(self.log.states["n3"], "alive")
        self.write(SERF_FAILURE[-8:])
        self.assertEqual(self.log.states["n3"], "dead")


class Loopback(unittest.TestCase):
    def test_bytes_are_those_of_packets_without_ethernet_headers(self):
        later = loopback.parse(NETWORK)
        self.assertEqual(later, loopback.Carried(5400, 50))
        self.assertEqual(later.ip_bytes_since(loopback.Carried(1000, 10)), 4400 - 40 * 14)

    def test_without_the_interface_there_is_nothing_to_tell(self):
        with self.assertRaises(ValueError):
            loopback.parse("  eth0: 1 2 3\n")


class Scripted:
    """A cluster whose survivors notice things after so many looks."""

    name = "scripted"

    def __init__(self, looks, other=None):
        self.names = ["a", "b", "c", "d"]
        self._left = dict(looks)
        self._other = other
        self.asked = []

    def views(self, indices):
        self.asked.append(list(indices))
        for index in indices:
            self._left[index] -= 1
            view = {name: "alive" for name in self.names}
            if self._left[index] <= 0:
                view["a"] = "dead"
            if self._other and index == 3:
                view[self._other] = "dead"
            yield index, view


class Watching(unittest.TestCase):
    def watch(self, members):
        return detection._watch(members, 0, time.monotonic())

    def test_each_survivor_is_watched_until_it_knows(self):
        members = Scripted({1: 3, 2: 1, 3: 2})
        noticed, mistakes = self.watch(members)
        self.assertEqual(members.asked, [[1, 2, 3], [1, 3], [1]])
        self.assertEqual((len(noticed), mistakes), (3, set()))
        self.assertGreaterEqual(max(noticed) - min(noticed), 2 * detection.LOOK_SECONDS - 0.005)

    def test_living_node_that_is_held_dead_is_a_mistake_of_one_observer(self):
        _, mistakes = self.watch(Scripted({1: 3, 2: 3, 3: 3}, other="b"))
        self.assertEqual(mistakes, {(3, "b")})

    def test_death_that_nobody_notices_ends_the_benchmark(self):
        with self.assertRaisesRegex(Failure, "do not notice that a is dead"):
            detection._watch(Scripted({1: 99, 2: 99, 3: 99}), 0,
                             time.monotonic() - detection.NOTICE_SECONDS - 1)


def row(**changes):
    return {"members": "skein", "nodes": 10, "first_seconds": [1.0, 2.0, 1.5],
            "last_seconds": [1.5, 3.0, 2.0], "idle_bytes_per_second_per_node": 300.0,
            "mistakes": 0, **changes}


class Report(unittest.TestCase):
    def test_goal_holds_at_its_limit(self):
        self.assertEqual(gossip_report.misses([row()]), [])

    def test_slowest_round_and_traffic_and_mistakes_each_miss_it(self):
        for change in ({"last_seconds": [1, 1, 3.01]}, {"idle_bytes_per_second_per_node": 300.6},
                       {"mistakes": 1}):
            self.assertEqual(len(gossip_report.misses([row(**change)])), 1, change)

    def test_nothing_is_asked_of_serf_or_of_other_sizes(self):
        slow = {"last_seconds": [9.0], "idle_bytes_per_second_per_node": 900.0}
        self.assertEqual(gossip_report.misses([row(members="serf", **slow)]), [])
        self.assertEqual(gossip_report.misses([row(nodes=5, **slow)]), [])

    def test_table_has_the_goal_below_ours(self):
        lines = gossip_report.summary([row(), row(members="serf")], 3, 30).splitlines()
        self.assertEqual([line.split("|")[1].strip() for line in lines[4:]],
                         ["10 skein", "10 goal", "10 serf"])
        self.assertIn("1.50 (2.00) |", lines[4])
        self.assertIn("2.00 (3.00) |", lines[4])
        self.assertIn("at most 3.00 |", lines[5])


class Options(unittest.TestCase):
    def test_sizes(self):
        self.assertEqual(gossip_command.node_counts("3,100"), [3, 100])
        for wrong in ("1", "101", "3,3"):
            with self.assertRaises(argparse.ArgumentTypeError):
                gossip_command.node_counts(wrong)


class Admin(unittest.TestCase):
    def serve(self, path, status, body):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def address_string(self):
                return "unix"

            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def test_those_that_answer_are_heard_and_the_others_cost_nothing(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            self.serve(folder / "good", 200, b'["fine"]')
            self.serve(folder / "ill", 503, b'["draining"]')
            self.serve(folder / "odd", 200, b"no document")
            connections = {each: admin.AdminConnection(folder / each)
                           for each in ("nobody", "good", "ill", "odd")}
            for _ in range(2):
                self.assertEqual(list(admin.ask_all(connections, "/v1/nodes")),
                                 [("good", ["fine"])])
            self.serve(folder / "nobody", 200, b"{}")
            self.assertEqual(dict(admin.ask_all(connections, "/v1/nodes")),
                             {"good": ["fine"], "nobody": {}})
            for connection in connections.values():
                connection.close()


if __name__ == "__main__":
    unittest.main()

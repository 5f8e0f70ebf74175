import json
import unittest

import knowledge
from cluster import Backend, Node, parse_greeting

BACKEND = {"address": "127.0.20.1:8080", "status": "up", "seen-down-by": []}
STATUS = {
    "nodes": [{"name": "lb-1", "state": "alive"}, {"name": "lb-2", "state": "alive"}],
    "workers": [{"index": 0, "pid": 70, "table": 3}],
    "pools": [{"backends": [BACKEND]}, {"backends": [BACKEND]}]}


def changed(change):
    status = json.loads(json.dumps(STATUS))
    change(status)
    return status


def take_down(entry, **more):
    entry.update({"status": "down", "reason": "connection refused",
                  "seen-down-by": [{"node": "lb-2"}, {"node": "lb-1"}], **more})


class Greeting(unittest.TestCase):
    def test_nodes_and_backends_are_found(self):
        nodes, backends = parse_greeting(
            "cluster formation is up; files are in /tmp/x\n"
            "  node lb-1 (pid 12): tcp 127.0.10.1:8081, http 127.0.10.1:8080\n"
            "  backend goose-1 (pid 34): http 127.0.20.1:8080\n"
            "Ctrl-C stops it all.\n")
        self.assertEqual(nodes, [Node("lb-1", 12, ("127.0.10.1", 8080))])
        self.assertEqual(backends, [Backend("goose-1", 34, "127.0.20.1:8080")])


class Knowledge(unittest.TestCase):
    def test_settled(self):
        self.assertTrue(knowledge.is_settled(STATUS, 2))
        for change in (lambda status: status["nodes"][1].update(state="suspect"),
                       lambda status: status["nodes"].pop(),
                       lambda status: status["workers"][0].update(table=0),
                       lambda status: take_down(status["pools"][1]["backends"][0]),
                       lambda status: take_down(status["pools"][1]["backends"][0], status="up")):
            self.assertFalse(knowledge.is_settled(changed(change), 2))

    def test_backend_is_down_once_every_pool_says_so_with_reason_and_observers(self):
        def both(**more):
            return changed(lambda status: [
                take_down(pool["backends"][0], **more) for pool in status["pools"]])
        half = changed(lambda status: take_down(status["pools"][0]["backends"][0]))
        down = knowledge.backend_down
        self.assertEqual(down(both(), "127.0.20.1:8080"),
                         "connection refused, seen by lb-1, lb-2")
        self.assertIsNone(down(both(), "127.0.20.9:8080"))
        self.assertIsNone(down(half, "127.0.20.1:8080"))
        self.assertIsNone(down(both(reason=None), "127.0.20.1:8080"))
        self.assertIsNone(down(both(**{"seen-down-by": []}), "127.0.20.1:8080"))

    def test_worker_is_replaced_once_another_process_serves(self):
        replaced = knowledge.worker_replaced
        self.assertEqual(replaced(STATUS, 0, 69), "pid 70")
        self.assertIsNone(replaced(STATUS, 0, 70))
        self.assertIsNone(replaced(STATUS, 1, 69))
        for key in ("pid", "table"):
            self.assertIsNone(replaced(
                changed(lambda status: status["workers"][0].update({key: 0})), 0, 69))

    def test_node_is_dead_when_it_is_called_dead(self):
        for state, expected in (("alive", None), ("suspect", None), ("dead", "")):
            status = changed(lambda status: status["nodes"][1].update(state=state))
            self.assertEqual(knowledge.node_dead(status, "lb-2"), expected)
        self.assertIsNone(knowledge.node_dead(STATUS, "lb-9"))


if __name__ == "__main__":
    unittest.main()

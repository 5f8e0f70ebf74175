import contextlib
import json
import socket
import threading
import time
import unittest

import balance_backends
import balance_choices
import balance_clients
import balance_command
import balance_death
import balance_limit
import balance_publish
import balance_report
import balance_spread
import machine


class Report(unittest.TestCase):
    def test_goal_holds_at_its_limit_and_is_missed_above(self):
        for found, end in ((94, "94, at most 94: holds"), (95, "95, at most 94: MISSED")):
            goal = balance_report.Goal("most", found, 94, 0)
            self.assertEqual(goal.holds, end.endswith("holds"))
            self.assertEqual(goal.text, f"goal most: {end}")

    def test_percentile_is_the_smallest_value_that_the_share_does_not_exceed(self):
        values = list(range(100, 0, -1))
        self.assertEqual(balance_report.percentile(values, 0.95), 95)
        self.assertEqual(balance_report.percentile(values, 1), 100)
        self.assertEqual(balance_report.percentile([3], 0.95), 3)
        self.assertEqual(balance_report.percentile([1, 2, 3], 0.5), 2)

    def test_a_part_is_one_table_and_its_goals(self):
        part = balance_report.Part("Title:", ["a", "b"], [["x", "1"]],
                                   [balance_report.Goal("g", 2, 1)], None)
        lines = part.text.splitlines()
        self.assertEqual(lines[0], "Title:")
        self.assertEqual(sum(line.startswith("| -") for line in lines), 1)
        self.assertEqual(lines[-1], "goal g: 2.00, at most 1.00: MISSED")

    def test_only_known_parts_each_once(self):
        self.assertEqual(balance_command.parts("limit,choices"), ["limit", "choices"])
        for wrong in ("limit,limit", "other", ""):
            with self.assertRaises(Exception):
                balance_command.parts(wrong)


class Choices(unittest.TestCase):
    OUTPUT = "\n".join(f"{name}\t3\t{few}\t10000\t{many}" for name, few, many in (
        ("random", 2, 2.2), ("least connections", 10, 80), ("random", 4, 9),
        ("least connections", 10, 90), ("random", 2, 2.4), ("least connections", 10, 70)))

    def test_ratios_are_of_each_round(self):
        part = balance_choices.part(balance_choices.parse(self.OUTPUT))
        self.assertEqual([row[0] for row in part.rows], ["random", "least connections"])
        # Not the ratio of the medians, which are 2 and 2.4, but the median of 1.1, 2.25 and 1.2.
        self.assertEqual(part.rows[0][1:], ["2.0", "2.4", "1.20"])
        self.assertTrue(part.goals[0].holds)

    def test_only_least_connections_may_cost_more(self):
        part = balance_choices.part({"random": [(1, 1.3)], "least connections": [(10, 83)],
                                     "address hash": [(1, 1.1)]})
        self.assertEqual([goal.holds for goal in part.goals], [False, True, True])
        self.assertAlmostEqual(part.goals[1].most, 8.38, 2)


class Publish(unittest.TestCase):
    def test_all_backends_have_addresses_of_their_own_on_the_loopback_interface(self):
        addresses = balance_publish.addresses()
        self.assertEqual(len(set(addresses)), 10_000)
        for address in addresses:
            host, _, port = address.partition(":")
            self.assertTrue(socket.inet_aton(host).startswith(b"\x7f\x01"))
            self.assertEqual(port, "9000")

    def test_the_slowest_change_and_the_longest_stall_of_any_worker_decide(self):
        found = {"arrived": [0.01, 0.049, 0.02], "stalls": [[0.0001, 0.0002], [0.0011, 0.0001]],
                 "others_share": 0.25}
        part = balance_publish.part({"round robin": found})
        self.assertEqual(part.rows, [["round robin", "20.00 (49.00)", "0.15 (1.10)"]])
        self.assertIn("25% of it", part.title)
        self.assertEqual([goal.holds for goal in part.goals], [True, False])


class Spread(unittest.TestCase):
    def test_the_same_seed_gives_the_same_clients(self):
        self.assertEqual(balance_spread.plan(1), balance_spread.plan(1))
        self.assertNotEqual(balance_spread.plan(1), balance_spread.plan(2))

    def test_one_node_gets_ten_times_the_new_connections_of_another(self):
        counts = [0, 0, 0]
        for client in balance_spread.plan(balance_spread.SEED):
            if client.second >= balance_spread.FILL_SECONDS:
                counts[client.node] += 1
        self.assertAlmostEqual(counts[0] / counts[1], 10, delta=3)
        self.assertGreater(counts[1], counts[2])

    def test_lives_are_heavy_tailed(self):
        for node, shortest in enumerate(balance_spread.SHORTEST_SECONDS):
            lives = sorted(client.life for client in balance_spread.plan(3) if client.node == node)
            middle = lives[len(lives) // 2]
            self.assertGreaterEqual(lives[0], shortest)
            self.assertLess(middle, 2 * shortest)
            self.assertGreater(lives[-1], 10 * middle)

    def test_samples_of_the_interval_count_when_all_backends_are_up(self):
        up, down = [True, True], [True, False]
        samples = [[10, [9, 0], [9, 9], up], [11, [5, 2], [5, 5], up], [12, [9, 0], [9, 9], down],
                   [13, [4, 4], [9, 9], up], [14, [9, 0], [9, 9], up]]
        self.assertEqual(balance_spread.spreads(samples, 1, 10, 13), [3, 0])

    def test_half_of_what_nodes_alone_get_is_good_enough(self):
        def found(spread):
            return {"before": [1], "during": [9], "after": [spread], "open": 100}
        for spread, holds in ((5, True), (6, False)):
            part = balance_spread.part({"alone": found(10), "together": found(spread)})
            self.assertEqual([goal.holds for goal in part.goals], [holds, holds])


class Limit(unittest.TestCase):
    def test_every_round_has_a_burst_at_all_nodes_and_one_at_a_single_node(self):
        class Nodes:
            @staticmethod
            def address(node):
                return f"127.0.1.{node + 1}"

        class Clients:
            def __init__(self):
                self.actions = []
                self.opened = []

            def at(self, moment, action):
                self.actions.append((moment, action))

            def open(self, address, end, persistent):
                self.opened.append((address, end, persistent))
        for index in range(3):
            clients = Clients()
            balance_limit.schedule(clients, Nodes, index, 100)
            seen = {}
            for moment, action in clients.actions:
                action()
                address, end, _ = clients.opened[-1]
                self.assertGreater(end, moment)
                self.assertLess(end, 100 + balance_limit.ROUND_SECONDS)
                late = moment >= 100 + balance_limit.ONE_AFTER_SECONDS
                seen[(address, late)] = seen.get((address, late), 0) + 1
            one = {address: count for (address, late), count in seen.items() if late}
            self.assertEqual(one, {(Nodes.address(index), 8080): 150,
                                   (Nodes.address(index), 8081): 450})
            self.assertEqual(sum(seen.values()) - sum(one.values()), 3 * 90 + 3 * 270)

    def test_peaks_between_samples_count_and_use_is_measured_late(self):
        samples = [[0.0, [90, 1], [97, 99], [True, True]]]
        samples += [[1 + second / 10, [9 * (second // 10), 0], [80, 0], [True, True]]
                    for second in range(1, 100)]
        found = balance_limit.outcome(samples, 1, slice(0, 1))
        self.assertEqual(found["most"], 97)
        # From four to six seconds after the burst there are 36 and then 45 of 90.
        self.assertAlmostEqual(found["used"], 0.45)
        self.assertAlmostEqual(found["after"], 9.0)

    def test_the_worst_round_decides(self):
        def found(most):
            return {"most": most, "used": 1, "after": None}
        part = balance_limit.part([{"one": found(90), "three": found(94)},
                                   {"one": found(95), "three": found(90)}])
        self.assertEqual([goal.holds for goal in part.goals], [False, True])
        self.assertEqual(part.rows[0][3], "not always")


class Death(unittest.TestCase):
    def test_the_last_node_of_the_slowest_round_decides(self):
        for last, holds in ((2.5, True), (2.6, False)):
            part = balance_death.part([[1.0, 1.2], [0.9, last], [1.1, 1.0]])
            self.assertEqual([goal.holds for goal in part.goals], [holds])
            self.assertEqual(part.rows, [["3", "1.00 (1.00)", f"1.20 ({last:.2f})"]])


class Counting(unittest.TestCase):
    """Real clients at real backends, without anything in between."""

    @contextlib.contextmanager
    def stage(self):
        traffic, health = machine.free_ports(2)
        ours, theirs = socket.socketpair()
        backends = [balance_backends.Backend(f"127.0.0.{index + 1}", traffic, health)
                    for index in range(2)]
        server = balance_backends.Backends(backends, theirs)
        thread = threading.Thread(target=server.serve)
        thread.start()
        answers = ours.makefile("rb")

        def command(**words):
            ours.sendall(json.dumps(words).encode() + b"\n")
            return json.loads(answers.readline())
        clients = balance_clients.Clients()
        try:
            yield clients, command, traffic
        finally:
            clients.close()
            ours.shutdown(socket.SHUT_RDWR)
            thread.join()
            answers.close()
            ours.close()
            theirs.close()
            for backend in backends:
                for each in (*backend.listeners, *backend.connections.values()):
                    each.close()

    def test_open_connections_and_their_peak_are_counted_for_each_backend(self):
        with self.stage() as (clients, command, port):
            now = time.monotonic()
            for index in range(5):
                clients.open(("127.0.0.1", port), now + (0.15 if index < 3 else 9))
            clients.open(("127.0.0.2", port), now + 9)
            clients.run(now + 0.1)
            self.assertEqual(clients.served, 6)
            clients.run(now + 0.5)
            samples = command(do="samples")
            self.assertEqual(samples[-1][1], [2, 1])
            self.assertEqual(max(peaks[0] for _, _, peaks, _ in samples), 5)
            self.assertEqual((clients.lost, clients.unserved), (0, 0))
            later = command(do="samples")
            self.assertTrue(all(sample[0] > samples[-1][0] for sample in later))

    def test_persistent_clients_come_back_to_a_backend_that_restarts(self):
        with self.stage() as (clients, command, port):
            now = time.monotonic()
            for persistent in (True, True, False):
                clients.open(("127.0.0.1", port), now + 9, persistent)
            clients.run(now + 0.1)
            command(do="restart", backend=0, seconds=0.3)
            clients.run(now + 0.3)
            self.assertEqual(clients.served, 0)
            clients.run(now + 1)
            self.assertEqual((clients.served, clients.lost), (2, 3))
            self.assertGreater(clients.unserved, 0)
            samples = command(do="samples")
            self.assertIn([0, 0], [counts for _, counts, _, up in samples if up == [False, True]])
            self.assertEqual(samples[-1][1], [2, 0])
            self.assertEqual(samples[-1][3], [True, True])


if __name__ == "__main__":
    unittest.main()

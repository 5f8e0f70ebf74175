import contextlib
import io
import json
import os
import time
import unittest

import command
import counting
import machine
from counting import Count
from processes import until
from summary import Outcome, text


def test(name, kind="function"):
    return {"kind": "test", "payload": {"id": name, "kind": kind, "name": name}}


def event(kind, name, **more):
    return {"kind": "event", "payload": {"kind": kind, "testID": name, **more}}


def stream(*records):
    return "\n".join(map(json.dumps, records))


class SwiftCount(unittest.TestCase):
    def test_functions_count_and_suites_do_not(self):
        events = stream(
            test("S", "suite"), test("a"), test("b"), test("c"),
            event("testStarted", "S"), event("testStarted", "a"), event("testStarted", "b"),
            event("testSkipped", "c"), event("testEnded", "a"),
            event("issueRecorded", "b", issue={"isFailure": True}),
            event("issueRecorded", "b", issue={"isFailure": True}),
            event("testEnded", "b"), event("testEnded", "S"))
        self.assertEqual(counting.swift(events), Count(1, 1, 1, ("b",)))

    def test_known_issue_is_no_failure(self):
        events = stream(test("a"), event("testStarted", "a"),
                        event("issueRecorded", "a", issue={"isFailure": False}),
                        event("testEnded", "a"))
        self.assertEqual(counting.swift(events), Count(passed=1))

    def test_what_was_under_way_in_a_crash_failed(self):
        events = stream(test("a"), test("b"), event("testStarted", "a"),
                        event("testStarted", "b"), event("testEnded", "a")) + '\n{"kind":"ev'
        self.assertEqual(counting.swift(events), Count(1, 1, 0, ("b",)))

    def test_nothing(self):
        self.assertEqual(counting.swift(""), Count())


class PythonCount(unittest.TestCase):
    def test_endings(self):
        for ending, expected in (
                ("Ran 7 tests in 0.1s\n\nOK\n", Count(7)),
                ("Ran 1 test in 0.1s\n\nOK (skipped=1)\n", Count(0, 0, 1)),
                ("ERROR: test_a (x.Y)\nFAIL: test_b (x.Y)\nRan 9 tests in 0.1s\n\n"
                 "FAILED (failures=1, errors=1, skipped=2)\n",
                 Count(5, 2, 2, ("test_a", "test_b"))),
                ("Traceback (most recent call last):\n", Count())):
            self.assertEqual(counting.python(ending), expected, ending)

    def test_a_real_run_is_understood(self):
        class Mixed(unittest.TestCase):
            def test_good(self):
                pass

            def test_bad(self):
                self.fail("on purpose")

            @unittest.skip("on purpose")
            def test_skipped(self):
                pass

            @unittest.expectedFailure
            def test_unexpected(self):
                pass
        output = io.StringIO()
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(Mixed)
        unittest.TextTestRunner(output).run(suite)
        count = counting.python(output.getvalue())
        self.assertEqual((count.passed, count.failed, count.skipped), (1, 2, 1))


class Verdict(unittest.TestCase):
    def test_runner_that_fails_without_a_failed_test_counts_as_one(self):
        self.assertEqual(Count(3).under(0), Count(3))
        self.assertEqual(Count(3, 1, 0, ("x",)).under(1), Count(3, 1, 0, ("x",)))
        self.assertEqual(Count(3).under(-11).failed, 1)
        self.assertEqual(Count(3).under(None).names, ("took too long",))

    def test_check_without_tests_counts_as_one(self):
        self.assertEqual(counting.single(0), Count(passed=1))
        self.assertEqual(counting.single(1).failed, 1)


class Summary(unittest.TestCase):
    def test_last_line_counts_and_a_stage_that_was_not_run_counts_nothing(self):
        lines = text([Outcome("format", 1.5, Count(1), ""),
                      Outcome("build", 60, Count(failed=1), "ended with status 1"),
                      Outcome("tests", 0, None, "needs build")]).splitlines()
        self.assertEqual(lines[0], "format  passed      1.5 s     1 passed")
        self.assertEqual(lines[1],
                         "build   FAILED     60.0 s     0 passed, 1 failed: ended with status 1")
        self.assertEqual(lines[2], "tests   not run: needs build")
        self.assertEqual(lines[-1], "1 passed, 1 failed")


class Commands(unittest.TestCase):
    def run_quietly(self, script, limit=10, **environment):
        with open(os.devnull, "w", encoding="utf-8") as nothing, \
                contextlib.redirect_stdout(nothing):
            return command.run(["sh", "-c", script], limit, environment)

    def test_status_output_and_environment(self):
        self.assertEqual(self.run_quietly("echo $GOOSE; echo err >&2; exit 3", GOOSE="grey"),
                         (3, "grey\nerr\n"))

    def test_input_is_empty(self):
        self.assertEqual(self.run_quietly("cat"), (0, ""))

    def test_too_long(self):
        begun = time.monotonic()
        status, output = self.run_quietly("echo begun; exec sleep 60", limit=1)
        self.assertEqual((status, output), (None, "begun\n"))
        self.assertLess(time.monotonic() - begun, 10)

    def test_what_it_leaves_running_neither_blocks_nor_stays(self):
        status, output = self.run_quietly("sleep 60 & echo $!")
        self.assertEqual(status, 0)
        child = int(output)
        self.assertTrue(until(lambda: machine.identity(child) is None, 5))


if __name__ == "__main__":
    unittest.main()

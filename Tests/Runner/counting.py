"""How many tests passed and failed, from what the test runners write."""

import json
import re
from typing import NamedTuple


class Count(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    names: tuple = ()
    """Of what failed, as far as they are known."""

    def under(self, status):
        """The same, with one failure more if a runner that saw none did not end with 0."""
        if status == 0 or self.failed:
            return self
        how = "took too long" if status is None else f"ended with status {status}"
        return self._replace(failed=1, names=(how,))


def single(status):
    """The count of a check that has no tests of its own."""
    return Count(passed=int(status == 0)).under(status)


def swift(events):
    """Counts a run by the event stream of Swift Testing, one JSON object a line.

    A test with arguments counts once. A test that began and never ended went down with the
    process, so it failed.
    """
    functions, started, ended, skipped, failed = {}, set(), set(), set(), set()
    places = {"testStarted": started, "testEnded": ended, "testSkipped": skipped}
    for line in events.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            # A process that crashes may leave half a line.
            continue
        payload = record["payload"]
        if record["kind"] == "test":
            if payload["kind"] == "function":
                functions[payload["id"]] = payload.get("displayName") or payload["name"]
            continue
        test = payload.get("testID")
        if payload["kind"] == "issueRecorded" and payload["issue"].get("isFailure", True):
            failed.add(test)
        elif payload["kind"] in places:
            places[payload["kind"]].add(test)
    failed = ((started - ended) | failed) & functions.keys()
    passed = (ended & functions.keys()) - failed
    return Count(len(passed), len(failed), len(skipped & functions.keys()),
                 tuple(sorted(functions[test] for test in failed)))


def python(output):
    """Counts a run by what `python3 -m unittest` prints."""
    ran = re.search(r"^Ran (\d+) tests? in", output, re.MULTILINE)
    ending = re.search(r"^(?:OK|FAILED)(?: \((.*)\))?$", output, re.MULTILINE)
    if not ran or not ending:
        return Count()
    details = {name: int(number)
               for name, number in re.findall(r"([a-z ]+)=(\d+)", ending[1] or "")}
    details = {name.strip(): number for name, number in details.items()}
    failed = sum(details.get(name, 0) for name in ("failures", "errors", "unexpected successes"))
    skipped = details.get("skipped", 0)
    names = re.findall(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S+)", output, re.MULTILINE)
    return Count(max(0, int(ran[1]) - failed - skipped), failed, skipped, tuple(names))

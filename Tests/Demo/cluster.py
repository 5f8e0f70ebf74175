"""The cluster of the demo: `skein cluster up` runs it, `skein status --json` tells about it."""

import json
import re
import subprocess
import time
from typing import NamedTuple

import knowledge
import skein
from processes import Explained, until

TOPOLOGY = skein.ROOT / "cluster" / "three-nodes.yaml"
GREETING_END = "Ctrl-C stops it all."
START_SECONDS = 30
SETTLE_SECONDS = 15
ANSWER_SECONDS = 5
STOP_SECONDS = 12
"""`skein cluster up` gives its nodes eight seconds to finish what they do."""


class Node(NamedTuple):
    name: str
    pid: int
    address: tuple
    """Host and port of its HTTP listener."""


class Backend(NamedTuple):
    name: str
    pid: int
    address: str


def parse_greeting(text):
    """Nodes and backends, out of what `skein cluster up` prints once it is up."""
    nodes, backends = [], []
    for line in text.splitlines():
        if match := re.fullmatch(r" *node (\S+) \(pid (\d+)\):.*\bhttp (\S+):(\d+)\b.*", line):
            name, pid, host, port = match.groups()
            nodes.append(Node(name, int(pid), (host, int(port))))
        elif match := re.fullmatch(r" *backend (\S+) \(pid (\d+)\): http (\S+)", line):
            name, pid, address = match.groups()
            backends.append(Backend(name, int(pid), address))
    return nodes, backends


class Cluster:
    """`nodes` and `backends` are known once it has started."""

    def __init__(self, workshop, executable):
        self._workshop = workshop
        self.executable = executable
        self.directory = workshop.folder / "cluster"
        self.nodes, self.backends = [], []

    def start(self):
        """Seconds until every node serves, knows the others and sees every backend up."""
        begun = time.monotonic()
        self.process = self._workshop.start("cluster-up", [
            self.executable, "cluster", "up", TOPOLOGY, "--directory", self.directory])
        until(lambda: self.process.ended or GREETING_END in self.output(), START_SECONDS)
        self.process.note_family()
        if GREETING_END not in self.output():
            raise self._start_failure()
        self.nodes, self.backends = parse_greeting(self.output())
        if not until(self._is_settled, SETTLE_SECONDS):
            raise self.process.failure(f"has nodes or backends down after {SETTLE_SECONDS} s")
        return time.monotonic() - begun

    def stop(self):
        """Returns how many processes `skein cluster up` left behind; they are dead by then."""
        return len(self._workshop.stop(self.process, STOP_SECONDS))

    def output(self):
        return self.process.log.read_text(errors="replace")

    def admin(self, node):
        return self.directory / node.name / "admin.sock"

    def log(self, node):
        return self.directory / node.name / "log"

    def status(self, node):
        """What `skein status --json` says; None when the node does not answer."""
        try:
            answer = subprocess.run(
                [self.executable, "status", "--json", "--admin", self.admin(node)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                timeout=ANSWER_SECONDS, check=True)
            return json.loads(answer.stdout)
        except (subprocess.SubprocessError, ValueError):
            return None

    def _is_settled(self):
        statuses = (self.status(node) for node in self.nodes)
        return all(status and knowledge.is_settled(status, len(self.nodes))
                   for status in statuses)

    def _start_failure(self):
        logs = [log.read_text(errors="replace") for log in self.directory.glob("*/log")]
        for line in "\n".join(logs).splitlines():
            if taken := re.search(r"cannot listen on (\S+): .*EADDRINUSE", line):
                return Explained(f"{taken[1]} is in use: does another cluster run here?")
        if not self.process.ended:
            return self.process.failure(f"is not up after {START_SECONDS} s")
        return self.process.failure("ended instead of coming up")

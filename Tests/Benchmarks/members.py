"""Clusters of real processes that gossip: nodes of Skein, and agents of serf."""

import os
import signal
import subprocess
import time

import admin
import debian
import machine
from processes import Failure, until
from serf_log import SerfLog

GOSSIP_PORT = 7946
SEEDS = 3
"""So many nodes are known to every other from the start; any of them may be the one that died."""
DEATH_SECONDS = 2


class Members:
    """A cluster of `count` nodes, each with an address of its own."""

    name = ""

    def __init__(self, workshop, count):
        self.names = [f"n{index + 1}" for index in range(count)]
        self._workshop = workshop
        self._folder = workshop.subfolder(f"{self.name}-{count}")
        self._processes = {}

    def version(self):
        raise NotImplementedError

    def command(self, index):
        """Writes what a node needs and returns its command line."""
        raise NotImplementedError

    def views(self, indices):
        """Yields the number of each of these nodes with {name: state}, unless it says nothing."""
        raise NotImplementedError

    def address(self, index):
        return f"127.0.1.{index + 1}"

    def seeds(self, index):
        """Gossip addresses of other nodes."""
        return [f"{self.address(seed)}:{GOSSIP_PORT}" for seed in range(len(self.names))
                if seed != index][:SEEDS]

    def folder(self, index):
        path = self._folder / self.names[index]
        path.mkdir(exist_ok=True)
        return path

    def start(self):
        for index in range(len(self.names)):
            self.start_node(index)

    def start_node(self, index):
        name = f"{self.name}-{len(self.names)}-{self.names[index]}"
        self._processes[index] = self._workshop.start(name, self.command(index))

    def log(self, index):
        return self._processes[index].log

    def is_calm(self):
        """Whether every node sees all of them alive."""
        for process in self._processes.values():
            if process.ended:
                raise process.failure("ended by itself")
        calm = {name: "alive" for name in self.names}
        views = dict(self.views(range(len(self.names))))
        return len(views) == len(calm) and all(view == calm for view in views.values())

    def kill(self, index):
        """Kills all processes of a node at once, as losing its machine would; returns when."""
        process = self._processes.pop(index)
        family = [machine.identity(pid)
                  for pid in (process.pid, *machine.descendants(process.pid))]
        moment = time.monotonic()
        os.killpg(process.pid, signal.SIGKILL)
        if not until(lambda: not any(map(_lives, family)), DEATH_SECONDS, pause=0.002):
            raise process.failure("has processes that do not die with it")
        self._workshop.stop(process)
        return moment

    def stop(self):
        """Ends every node without asking: a farewell of each takes seconds and is of no use."""
        for process in self._processes.values():
            if not process.ended:
                os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes.values():
            self._workshop.stop(process)
        self._processes = {}


def _lives(identity):
    return identity and machine.identity(identity.pid) == identity


class SkeinMembers(Members):
    """Nodes with one worker and nothing to serve, so that no health check is on the network."""

    name = "skein"

    def __init__(self, workshop, count, executable):
        super().__init__(workshop, count)
        self._executable = executable
        self._keys = self._folder / "gossip.keys"
        self._keys.touch(mode=0o600)
        self._keys.write_text(workshop.run("keys", [executable, "keys", "new"], 10))
        self._admin = {index: admin.AdminConnection(self.folder(index) / "admin.sock")
                       for index in range(count)}

    def version(self):
        return self._workshop.run("version", [self._executable, "--version"], 10).strip()

    def command(self, index):
        folder = self.folder(index)
        join = ", ".join(f'"{seed}"' for seed in self.seeds(index))
        path = folder / "skein.yaml"
        path.write_text(f"""cluster: bench
node:
  name: {self.names[index]}
  workers: 1
  state: {folder}/state
  admin: {{ socket: {folder}/admin.sock }}
  gossip:
    bind: "{self.address(index)}:{GOSSIP_PORT}"
    join: [{join}]
    keys: {self._keys}
""")
        return [self._executable, "run", "-c", path]

    def views(self, indices):
        connections = {index: self._admin[index] for index in indices}
        for index, nodes in admin.ask_all(connections, "/v1/nodes"):
            yield index, {node["name"]: node["state"] for node in nodes}


class SerfMembers(Members):
    """Agents with the settings for a local network, which are the defaults."""

    name = "serf"

    def __init__(self, workshop, count):
        super().__init__(workshop, count)
        self._logs = {}

    def version(self):
        query = ["dpkg-query", "-W", "-f", "${Version}", "serf"]
        try:
            # The program of Debian's 0.9.4 says of itself that it is 0.8.2-dev.
            return subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return "of unknown version"

    def command(self, index):
        address = self.address(index)
        return [debian.program("serf"), "agent", f"-node={self.names[index]}",
                f"-bind={address}:{GOSSIP_PORT}", f"-rpc-addr={address}:7373",
                "-log-level=info", "-profile=lan", "-retry-interval=1s",
                # With -join an agent gives up when it is the first to be there.
                *(f"-retry-join={seed}" for seed in self.seeds(index))]

    def start_node(self, index):
        super().start_node(index)
        self._logs[index] = SerfLog(self.log(index))

    def views(self, indices):
        for index in indices:
            log = self._logs[index]
            log.follow()
            if log.states:
                yield index, log.states

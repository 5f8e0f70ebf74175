"""The nodes that balance, and the backends behind them, each with an address of its own."""

import json
import pathlib
import socket
import sys

import admin
import balance_clients
import members
from processes import Failure, until

NODES = 3
READY_SECONDS = 60
BACKENDS_SECONDS = 10
ANSWER_SECONDS = 10
BACKEND_PORT, HEALTH_PORT = 9000, 9001


class Balancers(members.SkeinMembers):
    """Nodes of Skein with listeners and pools; together, or each as if it were the only one.

    `shared` is the shared part of the configuration, in which each `{address}` stands for the
    node's own address.
    """

    def __init__(self, workshop, label, executable, shared, count=NODES, workers=1, together=True):
        self.name = label
        super().__init__(workshop, count, executable)
        self._shared = shared
        self._workers = workers
        self._together = together

    def command(self, index):
        folder = self.folder(index)
        join = ", ".join(f'"{seed}"' for seed in self.seeds(index))
        gossip = (f'gossip: {{ bind: "{self.address(index)}:{members.GOSSIP_PORT}", '
                  f"join: [{join}], keys: {self._keys} }}") if self._together else ""
        path = folder / "skein.yaml"
        path.write_text(f"""cluster: bench
node:
  name: {self.names[index]}
  workers: {self._workers}
  state: {folder}/state
  admin: {{ socket: {folder}/admin.sock }}
  {gossip}
{self._shared.replace("{address}", self.address(index))}""")
        (folder / "state").mkdir(mode=0o700, exist_ok=True)
        return [self._executable, "run", "-c", path]

    def admin(self, index):
        """A connection of its own to the admin API of a node."""
        return admin.AdminConnection(self.folder(index) / "admin.sock")

    def start_ready(self):
        self.start()
        self.await_ready()

    def await_ready(self):
        """Until every node serves, and sees all others if it has any."""
        if not until(self._is_ready, READY_SECONDS, pause=0.1):
            raise Failure(f"the nodes of {self.name} are not ready after {READY_SECONDS} s")

    def _is_ready(self):
        if self._together and len(self.names) > 1 and not self.is_calm():
            return False
        for process in self._processes.values():
            if process.ended:
                raise process.failure("ended by itself")
        answers = dict(admin.ask_all(self._admin, "/v1/status"))
        return len(answers) == len(self.names) and all(
            answer["ready"] for answer in answers.values())


class CountingBackends:
    """The process of `balance_backends`, as the one who gives it commands."""

    def __init__(self, workshop, label, count):
        self.addresses = [f"127.0.9.{index + 1}" for index in range(count)]
        path = workshop.folder / f"{label}.sock"
        program = pathlib.Path(__file__).with_name("balance_backends.py")
        self._workshop = workshop
        self._process = workshop.start(
            f"backends-{label}", [sys.executable, "-I", program, path, BACKEND_PORT, HEALTH_PORT,
                                  *self.addresses])
        if not until(lambda: self._process.ended or path.exists(), BACKENDS_SECONDS):
            raise self._process.failure("does not listen")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_SECONDS)
        try:
            self._socket.connect(str(path))
        except OSError:
            raise self._process.failure("ended by itself") from None
        self._answers = self._socket.makefile("rb")

    def restart(self, index, seconds):
        """Breaks all connections of a backend and keeps it away for so long."""
        self._ask({"do": "restart", "backend": index, "seconds": seconds})

    def samples(self):
        """What was sampled since the last time: [moment, open, peaks, which are up]."""
        return self._ask({"do": "samples"})

    def stop(self):
        self._socket.close()
        self._workshop.stop(self._process)

    def _ask(self, command):
        try:
            self._socket.sendall(json.dumps(command).encode() + b"\n")
            return json.loads(self._answers.readline())
        except (OSError, ValueError):
            raise self._process.failure("does not answer") from None


def backend_list(addresses, more=""):
    """The value of a pool's key `backends`."""
    listed = ", ".join(f'{{ address: "{address}:{BACKEND_PORT}"{more} }}' for address in addresses)
    return f"[{listed}]"


class Stage:
    """Backends, nodes in front of them and clients, all of them gone after the `with` block."""

    def __init__(self, workshop, label, count):
        self._workshop = workshop
        self._label = label
        self._count = count
        self._nodes = []

    def __enter__(self):
        self.backends = CountingBackends(self._workshop, self._label, self._count)
        self.clients = balance_clients.Clients()
        return self

    def start(self, nodes):
        self._nodes.append(nodes)
        nodes.start_ready()
        return nodes

    def __exit__(self, *_):
        self.clients.close()
        for nodes in self._nodes:
            nodes.stop()
        self.backends.stop()

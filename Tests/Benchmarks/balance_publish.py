"""How fast a change in a pool of 10,000 backends is with every worker, while they serve.

The workers have a core to themselves, so that their stalls are their own and not the scheduler's.
Control, the load, its answers and the one who looks share the other core.
"""

import os
import random
import statistics
import time
import urllib.parse

import balance_nodes
import balancers
import debian
import machine
from balance_report import Goal, Part
from processes import Failure, say

BACKENDS = 10_000
WORKERS = 2
CHANGES = 20
SEED = 5
ALGORITHMS = {"round robin": "round-robin", "consistent hash": "consistent-hash"}
CONNECTIONS = 16
THINK_MILLISECONDS = 8
"""Between an answer and the next request, so that the load leaves both cores room: about 2,000
requests a second."""
PAUSE_SECONDS = 0.15
WARM_SECONDS = 2
ARRIVE_SECONDS = 10
LOAD_SECONDS = 60
ARRIVE_MILLISECONDS_MAX, STALL_MILLISECONDS_MAX = 50, 1
SHARED = """listeners:
  - {{ name: web, bind: "{{address}}:8080", protocol: http, pool: web }}
pools:
  - name: web
    balance: {algorithm}
    keep-alive: {{ connections: 4, idle: 1s }}
    backends:
{backends}
"""


def addresses():
    """All are one nginx, which listens on every address of the loopback interface."""
    return [f"127.1.{index // 250}.{index % 250 + 1}:{balance_nodes.BACKEND_PORT}"
            for index in range(BACKENDS)]


def measure(workshop, executable):
    debian.require(["nginx", "wrk"])
    cores = machine.two_cores()
    if not cores:
        raise Failure("needs two cores: one for the workers and one for the rest")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cores[1]})
    try:
        backends = start_backends(workshop)
        found = {}
        for label, algorithm in ALGORITHMS.items():
            found[label] = experiment(workshop, executable, algorithm, cores[0])
            say(f"publish, {label}: "
                f"median {statistics.median(found[label]['arrived']) * 1e3:.1f} ms, "
                f"most {max(found[label]['arrived']) * 1e3:.1f} ms")
        workshop.stop(backends)
    finally:
        os.sched_setaffinity(0, before)
    return part(found)


def start_backends(workshop):
    folder = workshop.subfolder("publish-backend")
    path = folder / "nginx.conf"
    preamble = balancers.nginx_preamble(folder).replace("connections 512", "connections 16384")
    path.write_text(f"""{preamble}
    server {{
        listen {balance_nodes.BACKEND_PORT} backlog=4096;
        location / {{ return 200 "{'x' * 128}"; }}
    }}
}}
""")
    return workshop.start("publish-backend", [debian.program("nginx"), "-p", folder, "-c", path,
                                              "-e", "stderr"])


def experiment(workshop, executable, algorithm, core):
    backends = "\n".join(f'      - {{ address: "{address}" }}' for address in addresses())
    node = balance_nodes.Balancers(
        workshop, f"publish-{algorithm}", executable,
        SHARED.format(algorithm=algorithm, backends=backends), count=1, workers=WORKERS,
        together=False)
    try:
        node.start_ready()
        pids = [worker["pid"] for worker in workers(node.admin(0))]
        for pid in pids:
            machine.pin(pid, core)
        generator = workshop.start(f"load-{algorithm}", load_command(workshop, node.address(0)))
        time.sleep(WARM_SECONDS)
        found = {"arrived": [], "stalls": []}
        others = Others(core, pids)
        source = random.Random(SEED)
        for number in range(CHANGES):
            arrived, stalls = change(node.admin(0), source, number)
            found["arrived"].append(arrived)
            found["stalls"].append(stalls)
            time.sleep(PAUSE_SECONDS)
        found["others_share"] = others.share()
        check_served(node, generator)
        workshop.stop(generator)
    finally:
        node.stop()
    return found


class Others:
    """What else than some processes runs on a core from now on."""

    def __init__(self, core, pids):
        self._core, self._pids = core, pids
        self._begun, self._before = time.monotonic(), self._seconds()

    def _seconds(self):
        used = sum(machine.cpu_time(pid).total for pid in self._pids)
        return machine.core_busy(self._core) - used

    def share(self):
        """Of the core's time, from 0 to 1."""
        return max(0, self._seconds() - self._before) / (time.monotonic() - self._begun)


def load_command(workshop, address):
    script = workshop.folder / "think.lua"
    script.write_text(f"function delay() return {THINK_MILLISECONDS} end\n")
    return [debian.program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{LOAD_SECONDS}s", "-s", script,
            f"http://{address}:8080/"]


def change(connection, source, number):
    """Changes a backend: how long after the answer all workers have it, and each one's stall."""
    before = {worker["table"] for worker in workers(connection)}
    address = urllib.parse.quote(source.choice(addresses()), safe="")
    # In turn: one gets another weight, one gets nothing new any more.
    document = {"weight": 2 + number} if number % 2 == 0 else {"state": "drain"}
    if not connection.ask(f"/v1/pools/web/backends/{address}", "PATCH", document):
        raise Failure("the node takes no change")
    if connection.answer(is_document=False) is None:
        raise Failure("the node refuses a change")
    answered = time.monotonic()
    while True:
        # No pause: the moment counts.
        found = workers(connection)
        arrived = time.monotonic() - answered
        if all(worker["table"] > max(before) for worker in found):
            break
        if arrived > ARRIVE_SECONDS:
            raise Failure(f"a change is not with all workers after {ARRIVE_SECONDS} s")
    if {worker["table"] for worker in found} != {max(before) + 1} or len(before) > 1:
        raise Failure("there were more tables than changes: nobody can tell which was measured")
    return arrived, [worker["table-seconds"] for worker in found]


def workers(connection):
    found = connection.ask("/v1/workers") and connection.answer()
    if not found:
        raise Failure("the node does not tell of its workers")
    return found


def check_served(node, generator):
    """Failure unless the changes are in force and there was load all the time."""
    pools = node.admin(0)
    backends = (pools.ask("/v1/pools") and pools.answer() or [{"backends": []}])[0]["backends"]
    changed = sum(each["weight"] > 1 for each in backends)
    drained = sum(each["state"] == "drain" for each in backends)
    if len(backends) != BACKENDS or changed != CHANGES // 2 or drained != CHANGES // 2:
        raise Failure(f"{changed} weights and {drained} states of {len(backends)} backends are "
                      "other than before")
    if generator.ended or not sum(each["requests"] for each in backends):
        raise Failure("there was no load")
    errors = sum(worker["own-errors"] + worker["timeouts"] for worker in workers(pools))
    if errors:
        raise Failure(f"{errors} requests failed meanwhile")


def part(found):
    rows, goals = [], []
    for label, measured in found.items():
        arrived = [seconds * 1e3 for seconds in measured["arrived"]]
        stalls = [seconds * 1e3 for stalls in measured["stalls"] for seconds in stalls]
        rows.append([label, *(f"{statistics.median(each):.2f} ({max(each):.2f})"
                              for each in (arrived, stalls))])
        goals.append(Goal(f"{label}, ms until all workers have a change", max(arrived),
                          ARRIVE_MILLISECONDS_MAX, 1))
        goals.append(Goal(f"{label}, ms that a worker serves nobody", max(stalls),
                          STALL_MILLISECONDS_MAX))
    others = max(measured["others_share"] for measured in found.values())
    return Part(
        f"{CHANGES} changes by the admin API in a pool of {BACKENDS:,} backends while {WORKERS} "
        f"workers serve on a core to themselves (other work took {others:.0%} of it). "
        "Medians (most):",
        ["pool", "with all workers after, ms", "a worker serves nobody for, ms"], rows, goals,
        found)

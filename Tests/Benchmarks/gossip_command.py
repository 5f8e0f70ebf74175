"""scripts/bench gossip: how soon nodes notice that one is dead, and how much they talk at rest."""

import argparse
import pathlib

import debian
import detection
import gossip_report
import loopback
import machine
import members
import options
import report
import skein
from processes import guarded, say

KINDS = ("skein", "serf")
NODES_MAX = 100
NODES = (3, 10, 30)


def node_counts(text):
    counts = [int(part) for part in text.split(",")]
    if len(set(counts)) != len(counts) or not all(2 <= count <= NODES_MAX for count in counts):
        raise argparse.ArgumentTypeError(f"a list of different numbers from 2 to {NODES_MAX}")
    return counts


def kinds(text):
    chosen = text.split(",")
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(KINDS):
        raise argparse.ArgumentTypeError(f"a list of {', '.join(KINDS)}, each once")
    return chosen


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/bench gossip",
        description="Compares the gossip of real nodes with serf's, in a network of their own "
                    "(needs root): kills nodes with everything that belongs to them, and measures "
                    "the traffic in between.")
    parser.add_argument("--nodes", type=node_counts, default=list(NODES), metavar="NUMBERS",
                        help=f"sizes of the clusters ({','.join(map(str, NODES))})")
    parser.add_argument("--rounds", type=options.positive, default=5,
                        help="how many nodes are killed, one at a time (%(default)s)")
    parser.add_argument("--idle-seconds", type=options.positive, default=30,
                        help="how long the rest is measured; serf syncs every 30 s (%(default)s)")
    parser.add_argument("--only", type=kinds, default=list(KINDS), metavar="NAMES",
                        help=f"a list out of {', '.join(KINDS)} ({','.join(KINDS)})")
    parser.add_argument("--skein", type=pathlib.Path, metavar="FILE",
                        help="an executable to measure instead of building one")
    parser.add_argument("--require", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--json", metavar="FILE", help="write every round to a file")
    chosen = parser.parse_args(arguments)
    if chosen.require and "skein" not in chosen.only:
        parser.error("--require needs skein")
    return guarded("bench", lambda workshop: run(workshop, chosen))


def run(workshop, chosen):
    if "serf" in chosen.only:
        debian.require(["serf"])
    executable = None
    if "skein" in chosen.only:
        executable = chosen.skein.resolve() if chosen.skein else skein.executable()
    loopback.isolate()
    say(machine.description())
    rows, versions = [], {}
    for count in chosen.nodes:
        for name in chosen.only:
            cluster = (members.SkeinMembers(workshop, count, executable) if name == "skein"
                       else members.SerfMembers(workshop, count))
            versions[name] = cluster.version()
            rows.append(detection.measure(cluster, chosen.rounds, chosen.idle_seconds))
            say(progress(rows[-1]))
    print(gossip_report.summary(rows, chosen.rounds, chosen.idle_seconds), flush=True)
    print(", ".join(f"{name} {version}" for name, version in versions.items()), flush=True)
    if chosen.json:
        report.write_json(chosen.json, {
            "command": "gossip", "machine": machine.description(), "versions": versions,
            "idle_seconds": chosen.idle_seconds, "rows": rows})
    return 1 if chosen.require and gossip_report.misses(rows) else 0


def progress(row):
    last = ", ".join(f"{seconds:.2f}" for seconds in row["last_seconds"])
    return (f"{row['nodes']:3} nodes of {row['members']:5}  all notice after {last} s  "
            f"{row['idle_bytes_per_second_per_node']:4,.0f} B/s a node  "
            f"load average {row['load_average']:.1f}")

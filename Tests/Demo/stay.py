"""scripts/demo: the cluster, what one can try with it, and news until Ctrl-C."""

import time

import debian
import skein
from cluster import Cluster


def run(workshop):
    debian.require(["curl"])
    cluster = Cluster(workshop, skein.executable())
    seconds = cluster.start()
    print(f"{len(cluster.nodes)} nodes and {len(cluster.backends)} backends are up after "
          f"{seconds:.1f} s.\n")
    workers = {node.name: [worker["pid"] for worker in cluster.status(node)["workers"]]
               for node in cluster.nodes}
    print(suggestions(cluster, workers))
    try:
        follow(cluster)
    except KeyboardInterrupt:
        print("\nstopping")
    left = cluster.stop()
    print(f"`skein cluster up` left {left} processes behind; they were killed" if left
          else "all stopped")
    return 1 if left else 0


def suggestions(cluster, workers):
    """What to try, to be copied into another terminal."""
    first, second, *_ = cluster.nodes
    lines = ["Try in another terminal (a request may go to any node):", ""]
    lines += [f"  curl http://{host}:{port}/" for _, _, (host, port) in cluster.nodes]
    lines += ["", "What the nodes know:", "",
              f"  {cluster.executable} status --admin {cluster.admin(first)}",
              f"  {cluster.executable} pools --admin {cluster.admin(second)}",
              f"  less {cluster.log(first)}", "",
              "What to kill (requests go on; status tells who noticed):", ""]
    kills = [(f"{backend.pid}", f"backend {backend.name}") for backend in cluster.backends]
    kills += [(f"{pid}", f"worker {index} of {node.name}; its supervisor replaces it")
              for node in cluster.nodes for index, pid in enumerate(workers[node.name])]
    kills += [(f"-{node.pid}", f"the whole node {node.name}") for node in cluster.nodes]
    width = max(len(target) for target, _ in kills)
    lines += [f"  kill -9 {target:{width}}    # {what}" for target, what in kills]
    return "\n".join([*lines, "", "Ctrl-C stops everything."])


def follow(cluster):
    """Prints what `skein cluster up` still has to say, until it ends or we are interrupted."""
    seen = len(cluster.output())
    while not cluster.process.ended:
        time.sleep(0.2)
        text = cluster.output()
        print(text[seen:], end="")
        seen = len(text)
    raise cluster.process.failure("has ended")

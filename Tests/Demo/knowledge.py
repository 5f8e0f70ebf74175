"""What a node knows, read out of its `skein status --json`."""


def is_settled(status, nodes):
    """Whether all nodes are alive, all workers serve, and nobody sees a backend down."""
    return (sum(node["state"] == "alive" for node in status["nodes"]) == nodes
            and all(worker["table"] > 0 for worker in status["workers"])
            and all(backend["status"] == "up" and not backend["seen-down-by"]
                    for pool in status["pools"] for backend in pool["backends"]))


def backend_down(status, address):
    """Why it is down and who saw it, as text, once every pool that has it says so; else None."""
    entries = [backend for pool in status["pools"] for backend in pool["backends"]
               if backend["address"] == address]
    if not entries or any(entry["status"] != "down" or not entry.get("reason")
                          or not entry["seen-down-by"] for entry in entries):
        return None
    observers = {seen["node"] for entry in entries for seen in entry["seen-down-by"]}
    return f"{entries[0]['reason']}, seen by {', '.join(sorted(observers))}"


def worker_replaced(status, index, former):
    """The process that serves instead of `former`, as text; else None."""
    for worker in status["workers"]:
        if worker["index"] == index and worker["pid"] not in (0, former) and worker["table"] > 0:
            return f"pid {worker['pid']}"
    return None


def node_dead(status, name):
    """Empty text once the node is held for dead; else None."""
    if any(node["name"] == name and node["state"] == "dead" for node in status["nodes"]):
        return ""
    return None

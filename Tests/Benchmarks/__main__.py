"""scripts/bench: measures Skein next to the balancers that people run today.

Every benchmark is a module here with a function `main(arguments) -> exit status`.
It installs what it needs, compares within one run, and leaves nothing running behind.
"""

import importlib
import sys

COMMANDS = {
    "http": ("http_command", "CPU, rate and latency of small keep-alive HTTP requests"),
    "allocations": ("allocations_command", "heap allocations of a worker for a request: none"),
    "fuzz": ("fuzz_command", "libFuzzer against everything that reads a peer's bytes"),
    "gossip": ("gossip_command", "how soon nodes notice a death, and bytes at rest, beside serf"),
    "balance": ("balance_command", "cost of choices, publishing, and how nodes share backends"),
    "bulk": ("bulk_command", "CPU per GB, throughput and memory of large transfers"),
}


def usage():
    lines = ["usage: scripts/bench COMMAND [OPTION]...", "", "commands:"]
    lines += [f"  {name:12} {purpose}" for name, (_, purpose) in COMMANDS.items()]
    lines += ["", "`scripts/bench COMMAND --help` lists the options of one.",
              "Exit status: 0 measured, 1 failed or not valid, 2 wrong use."]
    return "\n".join(lines)


def main(arguments):
    if arguments[:1] in (["-h"], ["--help"]):
        print(usage())
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        print(usage(), file=sys.stderr)
        return 2
    return importlib.import_module(COMMANDS[arguments[0]][0]).main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

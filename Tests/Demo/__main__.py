"""scripts/demo: a cluster on this machine, to play with or to see three failures survived."""

import argparse
import sys

import once
import stay
from processes import guarded


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Brings up three nodes and three backends on this machine. Without --once it "
                    "prints what to try and stays until Ctrl-C.",
        epilog="SKEIN_BINARY names an executable to use instead of building one. "
               "Exit status: 0 all is well, 1 it is not, 2 wrong use.")
    parser.add_argument("--once", action="store_true",
                        help="send requests, kill a backend, a worker and a node meanwhile, tell "
                             "what clients saw, and end")
    chosen = parser.parse_args(arguments)
    return guarded("demo", once.run if chosen.once else stay.run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

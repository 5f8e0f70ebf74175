"""scripts/test: everything that can fail before a change is done."""

import argparse
import os
import sys
import time

import skein
import summary
from command import announce
from counting import Count
from processes import Failure, guarded
from stages import Work


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        description="Checks the format, builds, runs all Swift and Python tests and the demo. "
                    "Installs the Debian packages that this needs.",
        epilog="The last line counts Swift and Python tests, and one for each other stage. "
               "Exit status: 0 all passed, 1 something failed, 2 wrong use.")
    parser.add_argument("--filter", metavar="REGEX",
                        help="only the Swift tests that match, no other checks")
    parser.add_argument("--long", action="store_true",
                        help="slow sweeps too (the tests see SKEIN_LONG=1)")
    parser.add_argument("--scratch-path", metavar="FOLDER", type=os.path.abspath,
                        help="where to build (default: .build)")
    options = parser.parse_args(arguments)
    os.chdir(skein.ROOT)
    return guarded("test", lambda workshop: run(Work(options, workshop.folder).stages()))


def run(stages):
    outcomes = []
    for stage in stages:
        failed = {outcome.name for outcome in outcomes if not outcome.is_good}
        missing = [need for need in stage.needs if need in failed]
        if missing:
            outcomes.append(summary.Outcome(stage.name, 0, None, f"needs {missing[0]}"))
            continue
        announce(f"\n=== {stage.name}")
        begun = time.monotonic()
        count, why = _count(stage)
        outcomes.append(summary.Outcome(stage.name, time.monotonic() - begun, count, why))
        announce(f"=== {stage.name}: {outcomes[-1].verdict} in {outcomes[-1].seconds:.1f} s")
    announce("\n" + summary.text(outcomes))
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def _count(stage):
    try:
        count = stage.run()
        return count, ", ".join(count.names)
    except Failure as failure:
        return Count(failed=1), str(failure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

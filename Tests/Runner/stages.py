"""The stages of scripts/test, in order."""

import pathlib
import sys
from typing import NamedTuple

import command
import counting
import debian
import skein
from processes import Failure

PROGRAMS = ("curl", "dnsmasq", "ip", "nginx", "openssl", "redis-server", "unbound", "wrk")
"""What the tests start."""

PACKAGES = ("grpc-proto", "postgresql", "python3-grpc-tools", "python3-grpcio",
            "python3-jsonschema", "python3-yaml")
"""What the tests need besides: a server, and libraries of the system's Python."""

REAL = ("ControlPlaneTests", "IntegrationTests")
"""The targets whose tests use sockets, clocks and real programs."""

TESTS = skein.ROOT / "Tests"
MINUTE = 60


class Stage(NamedTuple):
    name: str
    run: object
    """Returns a `Count`; or raises Failure."""
    needs: tuple = ()
    """The stages without which this one makes no sense."""


class Work:
    """What the stages have in common: the options, a folder for files, and Swift."""

    def __init__(self, options, folder):
        self._options = options
        self._folder = folder
        self._place = ["--scratch-path", options.scratch_path] if options.scratch_path else []

    def stages(self):
        """With a filter, only what is needed to run those Swift tests."""
        set_up = Stage("set-up", self.set_up)
        build = Stage("build", self.build, ("set-up",))
        if self._options.filter:
            wanted = ["--filter", self._options.filter]
            return [set_up, build,
                    Stage("Swift tests", lambda: self.test(wanted), ("build",))]
        # Apart: sweeps keep all cores busy, what waits for real processes has deadlines, and a
        # process that one test starts inherits the sockets that another has open.
        real = "^({})\\.".format("|".join(REAL))
        tests = [
            Stage("Swift tests, in memory", lambda: self.test(["--skip", real]), ("build",)),
            *(Stage(f"Swift tests, {target}",
                    lambda target=target: self.test(["--filter", f"^{target}\\."]), ("build",))
              for target in REAL),
        ]
        folders = sorted({path.parent for path in TESTS.glob("*/test_*.py")})
        python = [Stage(f"Python, {folder.name}", lambda folder=folder: self.python(folder))
                  for folder in folders]
        return [set_up, Stage("format", self.format, ("set-up",)), *python, build,
                *tests, Stage("demo", self.demo, ("build",))]

    def set_up(self):
        debian.require(PROGRAMS, (*debian.BUILD, *PACKAGES))
        status, _ = command.run([skein.swift(), "--version"], MINUTE)
        return counting.single(status)

    def format(self):
        status, _ = command.run(
            [skein.swift(), "format", "lint", "--strict", "-r", "Sources", "Tests",
             "Package.swift"], 5 * MINUTE)
        return counting.single(status)

    def python(self, folder):
        status, output = command.run(
            [sys.executable, "-m", "unittest", "discover", "-s", folder], 5 * MINUTE)
        return counting.python(output).under(status)

    def build(self):
        status, _ = command.run(
            [*self._swift("build"), "--build-tests",
             "--explicit-target-dependency-import-check", "error"], 30 * MINUTE)
        return counting.single(status)

    def test(self, selection):
        events = self._folder / "events"
        events.unlink(missing_ok=True)
        arguments = ["--skip-build", "--quiet", "--event-stream-output-path", events, *selection]
        environment = {"SKEIN_BINARY": str(self._binary())}
        if self._options.long:
            environment["SKEIN_LONG"] = "1"
        status, _ = command.run([*self._swift("test"), *arguments],
                                (120 if self._options.long else 15) * MINUTE, environment)
        count = counting.swift(events.read_text(errors="replace") if events.exists() else "")
        count = count.under(status)
        if not count.passed and not count.failed:
            raise Failure("no test ran")
        return count

    def demo(self):
        status, _ = command.run([skein.ROOT / "scripts" / "demo", "--once"], 5 * MINUTE,
                                {"SKEIN_BINARY": str(self._binary())})
        return counting.single(status)

    def _swift(self, verb):
        return [skein.swift(), verb, *self._place]

    def _binary(self):
        status, output = command.run([*self._swift("build"), "--show-bin-path"], MINUTE)
        if status != 0:
            raise Failure("swift does not tell where it builds")
        return pathlib.Path(output.strip().splitlines()[-1]) / "skein"

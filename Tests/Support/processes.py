"""Processes that a script starts, and the guarantee that none of them outlives it."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import machine

LOG_LINES_SHOWN = 15
STOP_SECONDS = 3
FAMILY_SECONDS = 1
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failure(Exception):
    """A reason, in one line, to end with exit status 1."""


class Explained(Failure):
    """One that says it all: what the processes printed would only be noise."""


def say(text):
    """Progress, kept apart from the result on standard output."""
    print(text, file=sys.stderr, flush=True)


class Process:
    """A running program, with a log file for what it prints."""

    def __init__(self, name, command, log):
        self.name = name
        self.log = log
        self._family = set()
        try:
            with open(log, "wb") as output:
                self._popen = subprocess.Popen(
                    [str(part) for part in command],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    # Ctrl-C must reach the script alone: it stops the others in order.
                    start_new_session=True)
        except OSError as error:
            raise Failure(f"cannot start {name}: {error}") from None
        self.pid = self._popen.pid

    @property
    def ended(self):
        return self._popen.poll() is not None

    def wait(self, seconds):
        """The exit status; Failure when it takes longer."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self.failure(f"did not end within {seconds} s") from None

    def failure(self, what):
        return Failure(f"{self.name} {what}")

    def note_family(self):
        """Remembers what it has started so far, to stop it even if the process itself is lost."""
        found = (machine.identity(pid) for pid in machine.descendants(self.pid))
        self._family |= {member for member in found if member}

    def stop(self, patience=STOP_SECONDS):
        """Asks, insists (a second SIGTERM cuts a drain short), then kills; also what it started.

        Returns those of its family that it left behind, which are dead by then too.
        """
        self.note_family()
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            if self.ended:
                break
            self._popen.send_signal(number)
            try:
                self._popen.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        until(lambda: not self._survivors(), FAMILY_SECONDS)
        left = self._survivors()
        for member in left:
            try:
                os.kill(member.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return left

    def _survivors(self):
        return sorted(each for each in self._family if machine.identity(each.pid) == each)


class Workshop:
    """A temporary folder and all processes of one script, gone when the `with` block ends."""

    def __init__(self, name):
        self._name = name

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"skein-{self._name}-"))
        self._processes = []
        self._handlers = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        return self

    def __exit__(self, *_):
        # A second Ctrl-C may not cut the clean-up short: it is bounded in time.
        for number in ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for process in reversed(self._processes):
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def subfolder(self, name):
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def start(self, name, command):
        process = Process(name, command, self.folder / f"{name}.log")
        self._processes.append(process)
        return process

    def stop(self, process, patience=STOP_SECONDS):
        """Like the process's own `stop`, and forgets it."""
        left = process.stop(patience)
        self._processes.remove(process)
        return left

    def run(self, name, command, seconds):
        """Runs a program to its end and returns what it printed; Failure unless it exits 0."""
        process = self.start(name, command)
        try:
            status = process.wait(seconds)
            if status != 0:
                raise process.failure(f"ended with status {status}")
        finally:
            self.stop(process)
        output = process.log.read_text(errors="replace")
        # What went well has nothing to say when something else fails.
        process.log.unlink()
        return output


def _interrupt(number, _frame):
    raise KeyboardInterrupt(f"signal {number}")


def show_logs(folder):
    """The end of what each program printed, for whoever has to find out what went wrong."""
    for log in sorted(folder.glob("**/log")) + sorted(folder.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        if lines:
            say(f"--- {log.relative_to(folder).with_suffix('')}")
            say("\n".join(lines))


def guarded(name, body):
    """Runs a script with a workshop: its exit status, or 1 with the reason, or 130."""
    try:
        with Workshop(name) as workshop:
            try:
                return body(workshop)
            except Failure as failure:
                say(f"{name}: {failure}")
                if not isinstance(failure, Explained):
                    show_logs(workshop.folder)
                return 1
    except KeyboardInterrupt:
        say(f"{name}: interrupted")
        return 130


def until(condition, seconds, pause=0.05):
    """Polls; false when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(pause)
    return False

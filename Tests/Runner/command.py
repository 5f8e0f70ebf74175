"""Runs one command: what it prints is shown at once and kept."""

import os
import select
import shlex
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 20
"""For a command that was told to stop; the demo has a cluster to take down."""


def announce(text):
    print(text, flush=True)


def run(command, limit, environment=None):
    """Returns exit status and output; the status is None when it took longer than `limit`."""
    parts = [str(part) for part in command]
    announce(f"$ {shlex.join(parts)}")
    process = subprocess.Popen(
        parts, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    deadline = time.monotonic() + limit
    kept = bytearray()
    try:
        while time.monotonic() < deadline:
            ready, _, _ = select.select([process.stdout], [], [], 0.5)
            if ready:
                piece = os.read(process.stdout.fileno(), 65536)
                kept += piece
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
                if not piece:
                    break
            elif process.poll() is not None:
                # Something it started has kept its output open.
                break
        status = _wait(process, max(1, deadline - time.monotonic()))
    finally:
        _end(process)
        process.stdout.close()
    return status, kept.decode(errors="replace")


def _wait(process, seconds):
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _end(process):
    """Stops the whole process group, whatever is left of it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        if process.poll() is None:
            _wait(process, GRACE_SECONDS)

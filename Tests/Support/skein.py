"""The executable that is to be tried, tested or measured."""

import os
import pathlib
import shutil
import subprocess
import sys

import debian
from processes import Failure, say

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SWIFT = "/opt/swift/usr/bin/swift"


def swift():
    """The path of Swift."""
    found = shutil.which("swift") or shutil.which(SWIFT)
    if not found:
        raise Failure("swift is not on the PATH (https://www.swift.org/install/linux)")
    return found


def executable():
    """What SKEIN_BINARY names, or else a fresh release build."""
    given = os.environ.get("SKEIN_BINARY")
    if not given:
        return build()
    path = pathlib.Path(given).absolute()
    if not os.access(path, os.X_OK) or path.is_dir():
        raise Failure(f"SKEIN_BINARY: {path} is no executable file")
    return path


def build():
    """Builds for release, with progress on standard error; returns the executable."""
    debian.require([], debian.BUILD)
    say("building skein for release")
    command = [swift(), "build", "-c", "release", "--product", "skein"]
    result = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                            check=False)
    if result.returncode != 0:
        raise Failure("skein does not build")
    place = subprocess.run([*command, "--show-bin-path"], cwd=ROOT, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(place.stdout.strip()) / "skein"

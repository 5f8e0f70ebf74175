"""Debian packages that a benchmark needs, installed when their program is missing."""

import os
import pathlib
import shutil
import subprocess

from processes import Failure, say

PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy", "wrk": "wrk", "curl": "curl",
            "perf": "linux-perf"}
SERVICES = ("nginx", "haproxy")
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")


def program(name):
    """The path of a program; Debian keeps daemons where an ordinary PATH does not look."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def require(names):
    """Makes the programs available; Failure when that does not work."""
    missing = [name for name in names if not program(name)]
    if not missing:
        return
    packages = [PACKAGES[name] for name in missing]
    by_hand = f"apt-get install {' '.join(packages)}"
    if not shutil.which("apt-get"):
        raise Failure(f"{', '.join(missing)} not found, and this is no Debian: install them")
    if os.geteuid() != 0:
        raise Failure(f"{', '.join(missing)} not found: run `sudo {by_hand}`")
    say(f"installing {', '.join(packages)}")
    _install(packages, by_hand)
    for name in missing:
        if not program(name):
            raise Failure(f"{name} is still missing after `{by_hand}`")


def _install(packages, by_hand):
    with _NoServiceStarts():
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            result = subprocess.run(
                ["apt-get", "-q", *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, check=False)
            if result.returncode != 0 and command != ["update"]:
                say(result.stdout)
                raise Failure(f"`{by_hand}` failed")
    if pathlib.Path("/run/systemd/system").is_dir():
        fresh = [name for name in SERVICES if PACKAGES[name] in packages]
        if fresh:
            subprocess.run(["systemctl", "--quiet", "disable", *fresh], check=False)


class _NoServiceStarts:
    """Keeps the package scripts from starting their daemons: we want the programs only.

    That is what policy-rc.d is for; one that an administrator wrote stays as it is.
    """

    def __enter__(self):
        self._ours = not POLICY.exists()
        if self._ours:
            POLICY.write_text("#!/bin/sh\nexit 101\n")
            POLICY.chmod(0o755)

    def __exit__(self, *_):
        if self._ours:
            POLICY.unlink(missing_ok=True)

"""Debian packages that our scripts need, installed when they are missing."""

import os
import pathlib
import shutil
import subprocess

from processes import Failure, say

PROGRAMS = {"nginx": "nginx-light", "haproxy": "haproxy", "wrk": "wrk", "curl": "curl",
            "perf": "linux-perf", "gcc": "gcc", "serf": "serf", "dnsmasq": "dnsmasq-base",
            "unbound": "unbound", "redis-server": "redis-server", "openssl": "openssl",
            "ip": "iproute2"}
"""Program and the package that has it."""

SERVICES = ("nginx-light", "haproxy", "serf", "unbound", "redis-server", "postgresql")
"""Packages whose daemons systemd would start at the next boot."""

BUILD = ("binutils", "ca-certificates", "git", "libc6-dev", "libcurl4", "libncurses6",
         "libsqlite3-0", "libstdc++-12-dev", "libxml2", "zlib1g-dev")
"""What `swift build` of this package needs on Debian 12 besides Swift itself."""

POLICY = pathlib.Path("/usr/sbin/policy-rc.d")


def program(name):
    """The path of a program; Debian keeps daemons where an ordinary PATH does not look."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def require(names, packages=()):
    """Makes programs and packages available; Failure when that does not work.

    On a system without Debian's package tools `packages` are taken to be there: a compiler will
    say what it misses.
    """
    missing_programs = [name for name in names if not program(name)]
    missing = [PROGRAMS[name] for name in missing_programs]
    missing += sorted(set(packages) - _installed(packages))
    if not missing:
        return
    by_hand = f"apt-get install {' '.join(missing)}"
    if not shutil.which("apt-get"):
        raise Failure(f"{', '.join(missing_programs)} not found, and this is no Debian: "
                      "install them")
    if os.geteuid() != 0:
        raise Failure(f"packages are missing: run `sudo {by_hand}`")
    say(f"installing {', '.join(missing)}")
    _install(missing, by_hand)
    for name in missing_programs:
        if not program(name):
            raise Failure(f"{name} is still missing after `{by_hand}`")


def _installed(packages):
    query = shutil.which("dpkg-query")
    if not packages or not query:
        return set(packages)
    result = subprocess.run([query, "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=False)
    return installed(result.stdout)


def installed(listing):
    """The packages that a listing of `dpkg-query` calls installed, whatever the architecture."""
    lines = (line.split() for line in listing.splitlines())
    return {name for name, status in lines if status == "installed"}


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
        fresh = [name.removesuffix("-light") for name in SERVICES if name in packages]
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

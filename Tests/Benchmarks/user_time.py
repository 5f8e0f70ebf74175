"""Where a process spends its user time, by sampling it with perf."""

import shutil
import subprocess

import debian
import load
from processes import Failure

SYMBOLS_MAX = 15
RECORD_SECONDS = 4
SAMPLES_PER_SECOND = 1999
HINT = "install linux-perf and allow it: sysctl kernel.perf_event_paranoid=1"


def profile(workshop, balancer, user_us):
    """Lines to print, with what each function costs of `user_us` a request."""
    try:
        debian.require(["perf"])
        shares = _sample(workshop, balancer)
    except Failure as failure:
        return [f"no profile of {balancer.name}: {failure}", f"  {HINT}"]
    lines = [f"User time of {balancer.name}, {user_us:.2f} us a request, by function:"]
    lines += [f"  {share * user_us / 100:5.2f} us  {share:5.1f} %  {symbol}"
              for share, symbol in shares[:SYMBOLS_MAX]]
    return lines


def _sample(workshop, balancer):
    data = workshop.folder / "perf.data"
    perf = debian.program("perf")
    # The software clock works in virtual machines too, where cycles often cannot be counted.
    recorder = workshop.start("perf", [
        perf, "record", "-q", "-o", data, "-e", "cpu-clock:u", "-F", SAMPLES_PER_SECOND,
        "-p", balancer.pid, "--", "sleep", RECORD_SECONDS])
    try:
        load.wrk(workshop, balancer.port, RECORD_SECONDS + 1)
        if recorder.wait(load.GRACE_SECONDS) != 0:
            raise recorder.failure("record failed")
    finally:
        workshop.stop(recorder)
    text = workshop.run("perf-report", [
        perf, "report", "--stdio", "-i", data, "-s", "symbol,dso", "-t", "\t"], 60)
    return parse(_demangled(text))


def _demangled(text):
    swift = shutil.which("swift")
    if not swift:
        return text
    result = subprocess.run([swift, "demangle", "--simplified"], input=text,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                            check=False)
    return result.stdout if result.returncode == 0 else text


def parse(report):
    """Pairs of share in per cent and function, largest first."""
    shares = []
    for line in report.splitlines():
        share, *rest = (field.strip() for field in line.split("\t"))
        if share.endswith("%") and len(rest) >= 2:
            symbol, library = rest[0].removeprefix("[.] "), rest[1]
            shares.append((float(share.rstrip("%")), f"{symbol} ({library})"))
    return sorted(shares, key=lambda pair: -pair[0])

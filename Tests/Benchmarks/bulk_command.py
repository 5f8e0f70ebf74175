"""scripts/bench bulk: what a gigabyte costs through each balancer, in both directions."""

import backends
import debian
import machine
import options
import report
from processes import guarded, say

GB = 1e9
MIB = 1 << 20
SLOWEST_BYTES_PER_SECOND = 10e6


def main(arguments):
    parser = options.parser("bulk", "Compares one large download and one large upload.", rounds=3,
                            compared=["skein", "haproxy", "haproxy-splice", "nginx"])
    parser.add_argument("--mib", type=options.positive, default=2048,
                        help="size of the transfer in MiB (%(default)s)")
    chosen = parser.parse_args(arguments)
    return guarded("bench", lambda workshop: run(workshop, chosen))


def run(workshop, chosen):
    running, cores = options.prepared(chosen, ["nginx", "curl"])
    about = options.announce(running)
    size = chosen.mib * MIB
    large = backends.LargeFile(workshop, size)
    sink = backends.Sink(workshop)
    # The first read fills the page cache; no balancer shall pay for that.
    transfer(workshop, large.ports[0], "download", large.path)
    rows = []
    for direction, backend in (("download", large), ("upload", sink)):
        for balancer in running:
            balancer.start(workshop, backend.ports, cores[0])
        for index in range(chosen.rounds):
            for balancer in report.order(running, index):
                row = measure(workshop, balancer, direction, large.path)
                rows.append({"round": index + 1, "direction": direction, **row})
                say(progress(rows[-1]))
        for balancer in running:
            workshop.stop(balancer.process)
    print(summary(rows, chosen), flush=True)
    if chosen.json:
        report.write_json(chosen.json, {
            "command": "bulk", **about, "bytes": size, "rounds": rows})
    return 0


def transfer(workshop, port, direction, path):
    """Seconds that curl needs; None unless every byte arrived."""
    size = path.stat().st_size
    answer = workshop.folder / "answer"
    what = ["-o", "/dev/null"] if direction == "download" else ["-o", answer, "-T", path]
    report_format = "%{http_code} %{size_download} %{time_total}"
    text = workshop.run(
        f"curl-{direction}",
        [debian.program("curl"), "-sS", *what, "-w", report_format,
         f"http://127.0.0.1:{port}/large"],
        60 + size / SLOWEST_BYTES_PER_SECOND)
    status, received, seconds = text.split()[-3:]
    arrived = int(received if direction == "download" else answer.read_text() or 0)
    if status != "200" or arrived != size:
        return None
    return float(seconds)


def measure(workshop, balancer, direction, path):
    size = path.stat().st_size
    machine.forget_peak_memory(balancer.pid)
    before = machine.cpu_time(balancer.pid)
    seconds = transfer(workshop, balancer.port, direction, path)
    balancer.check_alive()
    if seconds is None:
        raise balancer.process.failure(f"did not pass the whole {direction}")
    used = machine.cpu_time(balancer.pid) - before
    return {
        "balancer": balancer.name,
        "cpu_seconds_per_gb": used.total / size * GB,
        "user_seconds_per_gb": used.user / size * GB,
        "mb_per_second": size / seconds / 1e6,
        "peak_mib": machine.peak_memory(balancer.pid) / MIB,
    }


def progress(row):
    return (f"round {row['round']}  {row['direction']:8}  {row['balancer']:8} "
            f"{row['cpu_seconds_per_gb']:6.3f} CPU s/GB  {row['mb_per_second']:7,.0f} MB/s")


def summary(rows, chosen):
    columns = (("CPU s/GB", "cpu_seconds_per_gb", 3), ("user s/GB", "user_seconds_per_gb", 3),
               ("MB/s", "mb_per_second", 0), ("peak RSS MiB", "peak_mib", 1))
    text = [f"Medians (lowest..highest) of {chosen.rounds} rounds, {chosen.mib} MiB "
            "over one connection:", ""]
    lines = []
    for direction in ("download", "upload"):
        part = [row for row in rows if row["direction"] == direction]
        for name in chosen.only:
            lines.append([f"{direction} {name}", *(
                report.spread(report.column(part, name, key), digits)
                for _, key, digits in columns)])
    text.append(report.table(["transfer", *(title for title, _, _ in columns)], lines))
    for direction in ("download", "upload"):
        part = [row for row in rows if row["direction"] == direction]
        for theirs in chosen.only:
            if theirs == "skein":
                continue
            values = report.ratios(part, "cpu_seconds_per_gb", "skein", theirs)
            if values:
                text.append(f"CPU, {direction}, skein/{theirs}: {report.spread(values, 3)}")
    return "\n".join(text)

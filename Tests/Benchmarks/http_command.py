"""scripts/bench http: what a small keep-alive request costs through each balancer."""

import statistics

import backends
import balancers
import load
import machine
import options
import report
import user_time
from processes import Failure, guarded, say, until

USER_US_MAX = 2.0
NOISY_SHARE = 0.05
UPSTREAM_CONNECTIONS_MAX = 0.01


def main(arguments):
    parser = options.parser("http", "Compares small keep-alive HTTP/1.1 requests.", rounds=5,
                            compared=["skein", "haproxy", "nginx"])
    parser.add_argument("--seconds", type=options.positive, default=4,
                        help="length of one measurement (%(default)s)")
    parser.add_argument("--require", action="store_true",
                        help="exit 1 when a goal is missed, not only when a row is not valid")
    parser.add_argument("--profile", action="store_true",
                        help=f"show where user time goes even below {USER_US_MAX:.0f} us a request")
    chosen = parser.parse_args(arguments)
    if chosen.require and not {"skein", *report.GOALS}.issubset(chosen.only):
        parser.error("--require needs all three balancers")
    return guarded("bench", lambda workshop: run(workshop, chosen))


def run(workshop, chosen):
    running, cores = options.prepared(chosen, ["nginx", "wrk"])
    about = options.announce(running)
    backend = backends.SmallAnswers(workshop)
    for balancer in running:
        balancer.start(workshop, backend.ports, cores[0])
        check_features(balancer, backend)
        load.wrk(workshop, balancer.port, 1)
    rows = []
    for index in range(chosen.rounds):
        for balancer in report.order(running, index):
            row = measure(workshop, balancer, backend, chosen.seconds, cores[0])
            rows.append({"round": index + 1, **row})
            say(progress(rows[-1]))
    results = report.goals([row for row in rows if not row["problem"]])
    print(summary(rows, chosen, results, cores), flush=True)
    for line in profiles(workshop, running, rows, chosen.profile):
        print(line, flush=True)
    if chosen.json:
        report.write_json(chosen.json, {
            "command": "http", **about, "seconds": chosen.seconds,
            "connections": load.CONNECTIONS, "answer_bytes": backends.ANSWER_BYTES,
            "goals": results, "rounds": rows})
    invalid = sum(bool(row["problem"]) for row in rows)
    if invalid:
        raise Failure(f"{invalid} of {len(rows)} measurements are not valid")
    return 1 if chosen.require and not all(result["holds"] for result in results) else 0


def check_features(balancer, backend):
    """Failure unless both backends are used and see what a reverse proxy has to tell them."""
    seen = {}

    def both():
        status, body = balancers.fetch(balancer.port, "/seen")
        if status == 200:
            values = dict(zip(backends.SEEN, body.decode().split("|")))
            seen[int(values["server_port"])] = values
        return seen.keys() == set(backend.ports)
    if not until(both, balancers.READY_SECONDS):
        raise balancer.process.failure(f"uses only {len(seen)} of {len(backend.ports)} backends")
    host = f"127.0.0.1:{balancer.port}"
    wanted = {"http_host": host, "http_x_forwarded_for": "127.0.0.1"}
    if balancer.sets_all_headers:
        wanted |= {"http_x_forwarded_proto": "http", "http_x_forwarded_host": host,
                   "http_x_real_ip": "127.0.0.1"}
    for values in seen.values():
        for name, value in wanted.items():
            if values[name] != value:
                raise balancer.process.failure(f"sends {name} {values[name]!r}, not {value!r}")
        if values["http_connection"] not in ("", "keep-alive"):
            raise balancer.process.failure("does not keep connections to backends open")
    status, body = balancers.fetch(balancer.port)
    if status != 200 or len(body) != backends.ANSWER_BYTES:
        raise balancer.process.failure(f"answers {status} with {len(body)} bytes")


def measure(workshop, balancer, backend, seconds, core):
    balancer.check_alive()
    accepted = backend.connections_accepted()
    busy, cpu = machine.core_busy(core), machine.cpu_time(balancer.pid)
    figures = load.wrk(workshop, balancer.port, seconds)
    balancer.check_alive()
    used = machine.cpu_time(balancer.pid) - cpu
    opened = backend.connections_accepted() - accepted
    elapsed = figures.duration_us / 1e6
    others = machine.core_busy(core) - busy - used.total
    requests = max(figures.requests, 1)
    return {
        "balancer": balancer.name,
        "requests": figures.requests,
        "requests_per_second": figures.requests / elapsed,
        "p50_us": figures.p50_us,
        "p99_us": figures.p99_us,
        "cpu_us": used.total / requests * 1e6,
        "user_us": used.user / requests * 1e6,
        "system_us": used.system / requests * 1e6,
        "core_share": used.total / elapsed,
        "others_share": max(others, 0) / elapsed,
        "upstream_connections": opened,
        "errors": figures.errors,
        "problem": problem(figures, opened),
    }


def problem(figures, opened):
    """Why a measurement does not count, empty if it does."""
    if figures.errors or not figures.requests:
        return f"{figures.errors} errors, {figures.requests} requests"
    # Without reuse it would be another, much dearer job than the one we compare.
    if opened > UPSTREAM_CONNECTIONS_MAX * figures.requests:
        return f"{opened} connections to backends for {figures.requests} requests"
    return ""


def progress(row):
    verdict = f"  NOT VALID: {row['problem']}" if row["problem"] else ""
    return (f"round {row['round']}  {row['balancer']:8} {row['requests_per_second']:8,.0f}/s"
            f"  {row['cpu_us']:6.2f} us CPU a request{verdict}")


def summary(rows, chosen, results, cores):
    columns = (("requests/s", "requests_per_second", 0), ("p50 us", "p50_us", 0),
               ("p99 us", "p99_us", 0), ("CPU us/request", "cpu_us", 2), ("user us", "user_us", 2),
               ("system us", "system_us", 2))
    lines = []
    for name in chosen.only:
        broken = sum(bool(row["problem"]) for row in rows if row["balancer"] == name)
        core = statistics.median(report.column(rows, name, "core_share"))
        lines.append([
            f"{name} (NOT VALID in {broken} rounds)" if broken else name,
            *(report.spread(report.column(rows, name, key), digits) for _, key, digits in columns),
            f"{core:.0%}", str(sum(report.column(rows, name, "errors")))])
    header = ["balancer", *(title for title, _, _ in columns), f"core {cores[0]}", "errors"]
    text = [f"Medians (lowest..highest) of {chosen.rounds} rounds of {chosen.seconds} s, "
            f"{load.CONNECTIONS} connections, answers of {backends.ANSWER_BYTES} bytes:", "",
            report.table(header, lines), ""]
    return "\n".join(text + verdicts(results) + noise(rows, cores))


def verdicts(results):
    lines = [f"CPU a request, skein/{each['against']}: {each['ratio']:.3f} "
             f"({each['lowest']:.3f}..{each['highest']:.3f}), goal at most {each['goal']:.2f}: "
             f"{'holds' if each['holds'] else 'MISSED'}" for each in results]
    return lines or ["No ratios: they need valid rounds of skein and of another."]


def noise(rows, cores):
    """Says so if other work ran on the measured core: ratios bear that better than rates."""
    share = max(row["others_share"] for row in rows)
    if share <= NOISY_SHARE:
        return []
    return [f"Noisy: other work took up to {share:.0%} of core {cores[0]} meanwhile."]


def profiles(workshop, running, rows, always):
    lines = []
    for balancer in running:
        user = statistics.median(report.column(rows, balancer.name, "user_us"))
        if always or (balancer.name == "skein" and user > USER_US_MAX):
            lines += ["", *user_time.profile(workshop, balancer, user)]
    return lines

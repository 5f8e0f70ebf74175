package import Health

extension Configuration {
    /// How the backends of a pool are checked, and who decides.
    package struct HealthCheck: Hashable, Sendable {
        package var check: CheckDefinition
        package var verdict: VerdictRule
        /// All where the verdict is `local`: no node has any but its own observation then.
        package var observers = Observers.usual
    }

    /// Which nodes probe a backend.
    package enum Observers: Hashable, Sendable {
        package static let countMax = 64
        package static let usual = Observers.count(3)

        case all
        /// So many of those present, 1...64, chosen anew as nodes come and go.
        case count(Int)
    }
}

extension Configuration.HealthCheck {
    init(reading keys: inout SectionReader) {
        let probe = Probe(reading: &keys)
        let port = keys.optional(
            "port", .number(1...65_535), absent: "the backend's own", "the port to probe")
        let timing = CheckTiming(reading: &keys)
        verdict = keys.value(
            "verdict", .choice(), default: .majority,
            "whose observations decide: majority, any, all or local")
        observers = keys.value(
            "observers", .observers, default: verdict == .local ? .all : .usual,
            shown: "3, or all with verdict local",
            "how many nodes probe each backend: a number, or all")
        keys.expect(verdict != .local || observers == .all, of: "observers") {
            "with verdict local every node needs a probe of its own; leave it out, or set it to all"
        }
        check = CheckDefinition(probe: probe, port: port.map { UInt16($0) }, timing: timing)
    }
}

extension CheckTiming {
    fileprivate init(reading keys: inout SectionReader) {
        let period = Duration.milliseconds(100) ... .seconds(86_400)
        let wait = Duration.zero ... .seconds(86_400)
        let interval = keys.value(
            "interval", .duration(period), default: .seconds(30), "from one probe to the next")
        let fastInterval = keys.value(
            "fast-interval", .duration(period), default: interval, shown: "as interval",
            "the interval while a state is changing")
        keys.expect(fastInterval <= interval, of: "fast-interval", "interval") {
            "the interval while a state is changing (\(fastInterval.text)) is longer than the "
                + "usual one (\(interval.text))"
        }
        let timeout = keys.value(
            "timeout", .timeout, default: .seconds(5), "how long a probe may take")
        let healthyThreshold = keys.value(
            "healthy-threshold", .number(1...100), default: 2,
            "successes in a row that bring a backend up")
        let unhealthyThreshold = keys.value(
            "unhealthy-threshold", .number(1...100), default: 3,
            "failures in a row that take a backend down")
        let initialDelay = keys.value(
            "initial-delay", .duration(wait), default: .zero,
            "how long after a backend became known its first probe waits")
        let jitter = keys.value(
            "jitter", .duration(wait), default: .zero,
            "how much later than its turn a probe may come, drawn anew for each")
        keys.expect(jitter <= interval, of: "jitter", "interval") {
            "the jitter (\(jitter.text)) is longer than the interval (\(interval.text))"
        }
        self.init(
            interval: interval, fastInterval: fastInterval, timeout: timeout,
            healthyThreshold: healthyThreshold, unhealthyThreshold: unhealthyThreshold,
            initialDelay: initialDelay, jitter: jitter)
    }
}

extension Kind where Value == Configuration.Observers {
    static var observers: Kind {
        .wordOrNumber("all", .all, 1...Configuration.Observers.countMax) {
            .count($0)
        } back: { observers in
            if case .count(let count) = observers { count } else { nil }
        }
    }
}

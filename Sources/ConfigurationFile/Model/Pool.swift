package import Health

extension Configuration {
    /// A group of backends, any of which can serve what comes to the group.
    package struct Pool: Hashable, Sendable {
        package static let backendsMax = 10_000
        package static let discoverMax = 16

        package var name: String
        package var balance: Balance
        /// Their addresses are unique in the pool. Empty only where backends are found in other
        /// ways.
        package var backends: [Backend]
        /// Where further backends are found.
        package var discover: [Discovery] = []
        /// Whether backends may register themselves over the admin API.
        package var allowsRegistration = false
        package var timeouts: PoolTimeouts
        /// Nil for a pool whose backends are not checked and are always taken to be up.
        package var health: HealthCheck?
        /// Nil for a pool whose backends are not judged by real traffic.
        package var passive: PassiveDefinition?
        package var keepAlive: KeepAlive
        package var queue = Queue()
        /// How long a backend that came up takes to get its full share; zero for no time.
        package var slowStart: Duration = .zero
        /// Percent of backends that are up below which all of them are used; 0 for never.
        package var panicThreshold = 0
        /// Nil for a pool whose clients are served by any backend each time.
        package var sticky: Sticky?
    }

    /// How long a backend is waited for. All within 1 ms and 24 h.
    package struct PoolTimeouts: Hashable, Sendable {
        /// Until a connection is established.
        package var connect: Duration
        /// While the backend is to send or take data and does neither.
        package var server: Duration
    }

    /// Idle connections that a worker keeps to use again for HTTP.
    package struct KeepAlive: Hashable, Sendable {
        /// For each backend; 0 keeps none.
        package var connections: Int
        /// How long one is kept.
        package var idle: Duration
    }

    /// Where requests wait while every backend has as many connections as it may.
    package struct Queue: Hashable, Sendable {
        /// Requests that wait at once, in each worker; 0 for none.
        package var size = 1_000
        package var timeout: Duration = .seconds(10)
    }
}

extension Configuration.Pool {
    init(reading keys: inout SectionReader) {
        name = keys.required("name", .name, "what the pool is called")
        balance = keys.value(
            "balance", .balance, default: .roundRobin, "how a backend is chosen")
        let backendsHelp = "the servers of the pool, as [{ address: ADDR:PORT }]"
        backends = keys.value(
            "backends",
            .list(
                of: .section(
                    Configuration.Backend.init(reading:), example: "{ address: 192.0.2.1:80 }"),
                0...Self.backendsMax),
            default: [], backendsHelp)
        discover = keys.value(
            "discover",
            .list(
                of: .section(
                    Configuration.Discovery.init(reading:), example: "{ file: PATH }"),
                0...Self.discoverMax),
            default: [], "where further backends are found")
        allowsRegistration = keys.value(
            "registration", .flag, default: false,
            "whether backends may register themselves over the admin API, for a time-to-live")
        keys.someOf(
            ["backends", "discover", "registration"],
            isGiven: !backends.isEmpty || !discover.isEmpty || allowsRegistration, backendsHelp)
        timeouts = keys.section(
            "timeouts", Configuration.PoolTimeouts.init(reading:),
            "how long a backend is waited for")
        health = keys.optional(
            "health", .section(Configuration.HealthCheck.init(reading:)),
            "how backends are checked; without it all are taken to be up")
        passive = keys.optional(
            "passive", .section(PassiveDefinition.init(reading:)),
            "when a backend is taken out for what it did to real traffic")
        keepAlive = keys.section(
            "keep-alive", Configuration.KeepAlive.init(reading:),
            "idle connections to backends that are kept")
        queue = keys.section(
            "queue", Configuration.Queue.init(reading:),
            "where requests wait while every backend has its max-connections")
        slowStart = keys.value(
            "slow-start", .duration(.zero ... .seconds(86_400)), default: .zero,
            "how long a backend that came up takes to get its full share")
        panicThreshold = keys.value(
            "panic-threshold", .number(0...100), default: 0,
            "percent of backends up below which all are used, whatever their health; 0 for never")
        sticky = keys.optional(
            "sticky", .section(Configuration.Sticky.init(reading:)),
            "how a client comes back to the backend that it had before")
    }
}

extension Configuration.PoolTimeouts {
    init(reading keys: inout SectionReader) {
        connect = keys.value(
            "connect", .timeout, default: .seconds(5),
            "how long establishing a connection may take")
        server = keys.value(
            "server", .timeout, default: .seconds(50),
            "how long a backend may neither send nor take data when it should")
    }
}

extension Configuration.KeepAlive {
    init(reading keys: inout SectionReader) {
        connections = keys.value(
            "connections", .number(0...10_000), default: 64,
            "idle connections that a worker keeps to each backend")
        idle = keys.value(
            "idle", .timeout, default: .seconds(60),
            "how long an idle connection is kept")
    }
}

extension Configuration.Queue {
    init(reading keys: inout SectionReader) {
        size = keys.value(
            "size", .number(0...100_000), default: 1_000,
            "requests that wait at once, in each worker; 0 for none")
        timeout = keys.value(
            "timeout", .timeout, default: .seconds(10), "how long a request waits")
    }
}

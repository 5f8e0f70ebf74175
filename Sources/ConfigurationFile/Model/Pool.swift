package import Health
package import Primitives

extension Configuration {
    /// A group of backends, any of which can serve what comes to the group.
    package struct Pool: Hashable, Sendable {
        package static let backendsMax = 10_000

        package var name: String
        package var balance: Balance
        /// At least one; their addresses are unique in the pool.
        package var backends: [Backend]
        package var timeouts: PoolTimeouts
        /// Nil for a pool whose backends are not checked and are always taken to be up.
        package var health: HealthCheck?
        package var keepAlive: KeepAlive
    }

    /// How a pool chooses a backend.
    package enum Balance: String, Hashable, Sendable, CaseIterable {
        case roundRobin = "round-robin"
        case leastConnections = "least-connections"
    }

    /// One server of a pool.
    package struct Backend: Hashable, Sendable {
        package var address: SocketAddress
    }

    /// How long a backend is waited for. All within 1 ms and 24 h.
    package struct PoolTimeouts: Hashable, Sendable {
        /// Until a connection is established.
        package var connect: Duration
        /// While the backend is to send or take data and does neither.
        package var server: Duration
    }

    /// How the backends of a pool are checked, and who decides.
    package struct HealthCheck: Hashable, Sendable {
        package var check: CheckDefinition
        package var verdict: VerdictRule
    }

    /// Idle connections that a worker keeps to use again for HTTP.
    package struct KeepAlive: Hashable, Sendable {
        /// For each backend; 0 keeps none.
        package var connections: Int
        /// How long one is kept.
        package var idle: Duration
    }
}

extension Configuration.Pool {
    init(reading keys: inout SectionReader) {
        name = keys.required("name", .name, "what the pool is called")
        balance = keys.value(
            "balance",
            .choice(notYet: [
                "weighted", "ip-hash", "consistent-hash", "least-response-time", "random",
            ]),
            default: .roundRobin, "how a backend is chosen")
        backends = keys.required(
            "backends",
            .list(
                of: .section(
                    Configuration.Backend.init(reading:), example: "{ address: 192.0.2.1:80 }"),
                1...Self.backendsMax),
            "the servers of the pool, as [{ address: ADDR:PORT }]")
        timeouts = keys.section(
            "timeouts", Configuration.PoolTimeouts.init(reading:),
            "how long a backend is waited for")
        health = keys.optional(
            "health", .section(Configuration.HealthCheck.init(reading:)),
            "how backends are checked; without it all are taken to be up")
        keepAlive = keys.section(
            "keep-alive", Configuration.KeepAlive.init(reading:),
            "idle connections to backends that are kept")
        keys.notYet("sticky")
    }
}

extension Configuration.Backend {
    init(reading keys: inout SectionReader) {
        address = keys.required("address", .peer, "the address and port of the backend")
        keys.notYet("weight")
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

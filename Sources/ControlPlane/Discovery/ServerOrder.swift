import Primitives

/// Which of several name servers is asked first: one that answers is not kept waiting behind one
/// that does not.
struct ServerOrder {
    /// How long a server that failed is asked after all others.
    static let penalty = Duration.seconds(60)

    private var failures: [SocketAddress: Instant] = [:]

    /// `servers` in their own order, but those that failed of late behind the others, the latest
    /// failure last.
    func sorted(_ servers: [SocketAddress], now: Instant) -> [SocketAddress] {
        func lateness(_ server: SocketAddress) -> Int64 {
            guard let failure = failures[server], now - failure < Self.penalty else { return .min }
            return failure.nanoseconds
        }
        return servers.enumerated()
            .sorted { (lateness($0.element), $0.offset) < (lateness($1.element), $1.offset) }
            .map(\.element)
    }

    mutating func failed(_ server: SocketAddress, now: Instant) {
        failures = failures.filter { now - $0.value < Self.penalty }
        failures[server] = now
    }

    mutating func answered(_ server: SocketAddress) {
        failures[server] = nil
    }
}

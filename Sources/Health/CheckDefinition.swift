package import Primitives

/// How the health of a backend is found out: what is sent to it, how often, and how many answers
/// in a row are believed.
package struct CheckDefinition: Hashable, Sendable {
    /// What one probe does.
    package let probe: Probe
    /// The port to probe instead of the backend's own.
    package let port: UInt16?
    /// When probes are made and how many results in a row are believed.
    package let timing: CheckTiming

    package init(probe: Probe, port: UInt16? = nil, timing: CheckTiming = CheckTiming()) {
        self.probe = probe
        self.port = port
        self.timing = timing
    }

    /// Where a backend that serves at `address` is probed.
    package func target(for address: SocketAddress) -> SocketAddress {
        SocketAddress(ip: address.ip, port: port ?? address.port)
    }
}

/// When probes are made and how many results in a row are believed.
package struct CheckTiming: Hashable, Sendable {
    /// From the start of one probe to the start of the next.
    package var interval: Duration
    /// The interval while a state is changing: after a result that contradicts the state, until
    /// its threshold is reached or the state is confirmed. HAProxy's `fastinter`. At most
    /// `interval`.
    package var fastInterval: Duration
    /// For the whole probe, from the first packet to the verdict on the answer.
    package var timeout: Duration
    /// Successes in a row that bring a backend up which is down; at least 1.
    package var healthyThreshold: Int
    /// Failures in a row that take a backend down which is up; at least 1.
    package var unhealthyThreshold: Int
    /// How long after a backend became known its first probe waits. Until then it is `unknown`.
    package var initialDelay: Duration
    /// How much a probe may come later than its turn, drawn anew for each; zero for none. At most
    /// `interval`.
    package var jitter: Duration

    package init(
        interval: Duration = .seconds(30), fastInterval: Duration? = nil,
        timeout: Duration = .seconds(5), healthyThreshold: Int = 2, unhealthyThreshold: Int = 3,
        initialDelay: Duration = .zero, jitter: Duration = .zero
    ) {
        precondition(interval > .zero && timeout > .zero)
        precondition(healthyThreshold >= 1 && unhealthyThreshold >= 1)
        precondition(initialDelay >= .zero && jitter >= .zero)
        self.interval = interval
        self.fastInterval = min(fastInterval ?? interval, interval)
        self.timeout = timeout
        self.healthyThreshold = healthyThreshold
        self.unhealthyThreshold = unhealthyThreshold
        self.initialDelay = initialDelay
        self.jitter = min(jitter, interval)
    }
}

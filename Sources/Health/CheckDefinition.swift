package import Primitives

/// How the health of a backend is found out: what is sent to it, how often, and how many answers
/// in a row are believed.
package struct CheckDefinition: Hashable, Sendable {
    /// What one probe does.
    package enum Probe: Hashable, Sendable {
        /// A connection is opened and closed again; that it opens is the success.
        case tcp
        /// A `GET` is sent on a fresh connection; the status code decides.
        case http(HTTPRequest)
    }

    /// The request of an HTTP probe.
    package struct HTTPRequest: Hashable, Sendable {
        /// The target in origin form, beginning with `/`.
        package let path: String
        /// The `Host` header; nil for the address that is probed.
        package let host: String?
        package let successCodes: SuccessCodes

        package init(path: String, host: String?, successCodes: SuccessCodes) {
            self.path = path
            self.host = host
            self.successCodes = successCodes
        }
    }

    package let probe: Probe
    /// The port to probe instead of the backend's own.
    package let port: UInt16?
    /// From the start of one probe to the start of the next.
    package let interval: Duration
    /// For the whole probe, from the first packet to the verdict on the answer.
    package let timeout: Duration
    /// Successes in a row that bring a backend up which is down; at least 1.
    package let healthyThreshold: Int
    /// Failures in a row that take a backend down which is up; at least 1.
    package let unhealthyThreshold: Int

    package init(
        probe: Probe, port: UInt16?, interval: Duration, timeout: Duration,
        healthyThreshold: Int, unhealthyThreshold: Int
    ) {
        precondition(interval > .zero && timeout > .zero)
        precondition(healthyThreshold >= 1 && unhealthyThreshold >= 1)
        self.probe = probe
        self.port = port
        self.interval = interval
        self.timeout = timeout
        self.healthyThreshold = healthyThreshold
        self.unhealthyThreshold = unhealthyThreshold
    }

    /// Where a backend that serves at `address` is probed.
    package func target(for address: SocketAddress) -> SocketAddress {
        SocketAddress(ip: address.ip, port: port ?? address.port)
    }

    /// The number of this definition, the same on every node that has the same definition.
    ///
    /// Everything counts, thresholds too: two pools that judge one address differently must not
    /// share a state. A field that is left out adds nothing, so that fields of later versions keep
    /// the numbers of today.
    package var id: CheckID {
        var hash = StableHash()
        switch probe {
        case .tcp:
            hash.combine(field: 1, "tcp")
        case .http(let request):
            hash.combine(field: 1, "http")
            hash.combine(field: 2, request.path)
            if let host = request.host { hash.combine(field: 3, host) }
            hash.combine(field: 4, request.successCodes.description)
        }
        if let port { hash.combine(field: 5, UInt64(port)) }
        hash.combine(field: 6, UInt64(interval.nanoseconds))
        hash.combine(field: 7, UInt64(timeout.nanoseconds))
        hash.combine(field: 8, UInt64(healthyThreshold))
        hash.combine(field: 9, UInt64(unhealthyThreshold))
        return CheckID(rawValue: hash.value)
    }
}

extension StableHash {
    /// Combines the number of a field and then its value.
    fileprivate mutating func combine(field: UInt64, _ text: String) {
        combine(field)
        combine(text)
    }

    fileprivate mutating func combine(field: UInt64, _ number: UInt64) {
        combine(field)
        combine(number)
    }
}

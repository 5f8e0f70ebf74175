/// How much one node sends to one backend, now.
package struct BackendGauge: Hashable, Sendable {
    /// `StableHash` of the backend's pool and address, as in its observation.
    package var backend: UInt64
    package var openConnections: UInt32
    /// Requests since the node started, which only grows in one life.
    package var requests: UInt64

    package init(backend: UInt64, openConnections: UInt32, requests: UInt64) {
        self.backend = backend
        self.openConnections = openConnections
        self.requests = requests
    }
}

/// The payloads of gauge records: as many gauges each as fit.
package enum NodeGauges {
    /// The longest gauge: a hash and two numbers.
    private static let gaugeLengthMax = 8 + 5 + 10

    /// Packs the gauges, in order of their backends, into payloads of at most `limit` bytes.
    package static func encode(_ gauges: [BackendGauge], limit: Int) -> [[UInt8]] {
        precondition(limit >= gaugeLengthMax, "a payload holds at least one gauge")
        var payloads: [[UInt8]] = []
        var writer = WireWriter()
        for gauge in gauges.sorted(by: { $0.backend < $1.backend }) {
            if writer.count + gaugeLengthMax > limit {
                payloads.append(writer.bytes)
                writer = WireWriter()
            }
            writer.writeFixed(gauge.backend, count: 8)
            writer.writeNumber(UInt64(gauge.openConnections))
            writer.writeNumber(gauge.requests)
        }
        if writer.count > 0 { payloads.append(writer.bytes) }
        return payloads
    }

    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> [BackendGauge] {
        var reader = WireReader(end: bytes.count)
        var gauges: [BackendGauge] = []
        while !reader.isAtEnd {
            let backend = try reader.readFixed(bytes, count: 8)
            let open = try reader.readNumber(bytes, most: UInt64(UInt32.max), .gauges)
            let requests = try reader.readNumber(bytes)
            if let last = gauges.last, last.backend >= backend { throw .invalid(.gauges) }
            gauges.append(
                BackendGauge(
                    backend: backend, openConnections: UInt32(open), requests: requests))
        }
        return gauges
    }
}

package import ConfigurationFile
package import Primitives

/// Where backends are found that no configuration lists.
package enum DiscoverySource: Hashable, Sendable {
    case dns(DNSSource)
    case file(FileSource)

    package init(_ source: Configuration.Discovery) {
        switch source {
        case .dns(let source): self = .dns(DNSSource(source))
        case .file(let path): self = .file(FileSource(path: path))
        }
    }
}

/// Backends that the domain name system knows.
package struct DNSSource: Hashable, Sendable {
    /// What is asked for.
    package enum Kind: Hashable, Sendable {
        /// A records, for backends with this port and weight.
        case ipv4(port: UInt16, weight: Int?)
        /// AAAA records.
        case ipv6(port: UInt16, weight: Int?)
        /// Both.
        case anyAddress(port: UInt16, weight: Int?)
        /// SRV records, which tell ports, weights and priorities (RFC 2782).
        case service
    }

    /// With a dot at its end it is complete; else the search list of the resolver counts.
    package var name: String
    package var kind: Kind
    /// Empty for those of this machine.
    package var resolvers: [SocketAddress]
    /// How long an answer is used before it is asked for again: its own time to live, but at least
    /// the first and at most the second; at least 1 s.
    package var timeToLive: ClosedRange<Duration>
    /// How long backends stay after the first answer that there is nothing. An answer is needed at
    /// the end of it, too; and a server that fails never takes backends away.
    package var hold: Duration

    package init(
        name: String, kind: Kind, resolvers: [SocketAddress] = [],
        timeToLive: ClosedRange<Duration> = .seconds(1) ... .seconds(300),
        hold: Duration = .seconds(30)
    ) {
        self.name = name
        self.kind = kind
        self.resolvers = resolvers
        let least = max(timeToLive.lowerBound, .seconds(1))
        self.timeToLive = least...max(timeToLive.upperBound, least)
        self.hold = max(hold, .zero)
    }
}

extension DNSSource {
    init(_ source: Configuration.DNSSource) {
        let port = source.port ?? 0
        let kind: Kind =
            switch source.type {
            case .a: .ipv4(port: port, weight: source.weight)
            case .aaaa: .ipv6(port: port, weight: source.weight)
            case .any: .anyAddress(port: port, weight: source.weight)
            case .srv: .service
            }
        self.init(
            name: source.name, kind: kind, resolvers: source.resolvers,
            timeToLive: source.minTTL...max(source.minTTL, source.maxTTL))
    }
}

extension DNSSource: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .ipv4: "A \(name)"
        case .ipv6: "AAAA \(name)"
        case .anyAddress: "A and AAAA \(name)"
        case .service: "SRV \(name)"
        }
    }
}

/// Backends that a file lists, which is read again when it changes.
package struct FileSource: Hashable, Sendable {
    package var path: String

    package init(path: String) {
        self.path = path
    }
}

extension DiscoverySource: CustomStringConvertible {
    package var description: String {
        switch self {
        case .dns(let source): source.description
        case .file(let source): source.path
        }
    }
}

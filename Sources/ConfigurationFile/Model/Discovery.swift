import Health
package import Primitives

extension Configuration {
    /// Where backends are found, besides those that are listed.
    package enum Discovery: Hashable, Sendable {
        case dns(DNSSource)
        /// A file with a list of backends, read again when it changes.
        case file(path: String)
    }

    /// Backends that the domain name system knows.
    package struct DNSSource: Hashable, Sendable {
        package static let resolversMax = 8

        package enum RecordType: String, Hashable, Sendable, CaseIterable {
            case a
            case aaaa
            /// `a` and `aaaa` together.
            case any
            /// Brings ports, weights and priorities with it (RFC 2782).
            case srv
        }

        /// With a dot at its end it is complete; else the search list of `resolv.conf` counts.
        package var name: String
        package var type: RecordType
        /// Of the backends; nil exactly for `srv`.
        package var port: UInt16?
        /// Empty for the machine's own.
        package var resolvers: [SocketAddress]
        /// Answers are kept no shorter than this, whatever they say.
        package var minTTL: Duration
        /// And no longer than this; at least `minTTL`.
        package var maxTTL: Duration
        /// Of each backend, 0...256; nil exactly for `srv`.
        package var weight: Int?
    }
}

extension Configuration.Discovery {
    init(reading keys: inout SectionReader) {
        let name = keys.optional(
            "dns", .dnsName, absent: "", "the name whose addresses are backends")
        let source = Configuration.DNSSource(name: name ?? "", reading: &keys)
        let file = keys.optional(
            "file", .path(), absent: "",
            "a file with a list of backends, read again when it changes")
        keys.exactlyOne(of: ["dns", "file"], "where backends are found")
        self = if let file { .file(path: file) } else { .dns(source) }
    }
}

extension Configuration.DNSSource {
    /// Reads the keys that stand beside `dns`.
    init(name: String, reading keys: inout SectionReader) {
        self.name = name
        let byDNS = Condition(with: "dns", because: "is for discovery by dns")
        type = keys.value(
            "type", .choice(), default: .any,
            "which records are asked for; any is a and aaaa, srv brings ports and weights along",
            for: byDNS)
        let byAddress = Condition(
            "type", is: RecordType.a, .aaaa, .any, of: "discovery")
        let port = keys.optional(
            "port", .number(1...65_535), absent: "", "the port of the backends", for: byDNS,
            byAddress)
        resolvers = keys.value(
            "resolvers", .list(of: .peer, 0...Self.resolversMax), default: [],
            shown: "those of /etc/resolv.conf", "name servers to ask", for: byDNS)
        minTTL = keys.value(
            "min-ttl", .duration(.seconds(1) ... .seconds(86_400)), default: .seconds(1),
            "how long an answer is kept at least", for: byDNS)
        maxTTL = keys.value(
            "max-ttl", .duration(.seconds(1) ... .seconds(86_400)), default: .seconds(300),
            "how long an answer is kept at most", for: byDNS)
        keys.expect(minTTL <= maxTTL, of: "min-ttl", "max-ttl") { [minTTL, maxTTL] in
            "the shortest time (\(minTTL.text)) is longer than the longest (\(maxTTL.text))"
        }
        let weight = keys.value(
            "weight", .weight, default: 1, "the weight of each backend", for: byDNS, byAddress)
        keys.needs("port", where: byDNS, byAddress, help: "the port of the backends")
        self.port = type == .srv ? nil : UInt16(port ?? 0)
        self.weight = type == .srv ? nil : weight
    }
}

extension Kind where Value == String {
    /// A name to look up, perhaps with a dot at its end, which is dropped.
    static var dnsName: Kind {
        .text(
            "a name", placeholder: "",
            shape: .text(
                TextShape(
                    "DNS name", pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]*$", lengthMax: 254)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard IPAddress(text) == nil else {
                throw Problem(
                    message: "\(quoted(text)) is an address and needs no looking up; "
                        + "list it under 'backends'")
            }
            guard isDomain(text.hasSuffix(".") ? String(text.dropLast()) : text) else {
                throw Problem(message: "\(quoted(text)) is no name such as app.example.com")
            }
            return text
        }
    }
}

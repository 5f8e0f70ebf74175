package import DNSCodec
package import Primitives

/// Which name servers are asked, and how: what `/etc/resolv.conf` says (resolv.conf(5)).
///
/// `/etc/hosts` and other sources of nsswitch.conf(5) are not read: discovery follows the records
/// of the domain name system, which tell how long they hold.
package struct ResolverSettings: Hashable, Sendable {
    package static let serversMax = 8
    package static let searchMax = 16
    package static let port: UInt16 = 53

    /// In the order in which they are asked; at least one and at most `serversMax`.
    package var servers: [SocketAddress]
    /// How long one try takes at most, 1 to 30 s.
    package var timeout: Duration = .seconds(5)
    /// How often the servers are asked, one after the other, 1 to 5.
    package var attempts = 2
    /// A name with so many dots is tried as it is before the search list is, 0 to 15.
    package var dotsMin = 1
    /// What is appended to names that are not complete; at most `searchMax`.
    package var search: [DomainName] = []

    /// The given servers and no search list: every name is complete. An answer is waited for for
    /// two seconds.
    package init(servers: [SocketAddress]) {
        self.servers = Array(servers.prefix(Self.serversMax))
        timeout = .seconds(2)
    }

    /// What the text of a `resolv.conf` says. As the resolvers of libraries do, this passes over
    /// what it does not understand and takes the server of this machine if none is named.
    package init(parsing text: String) {
        servers = []
        for line in text.split(whereSeparator: \.isNewline).prefix(1_000) {
            let words = line.split(whereSeparator: \.isWhitespace).prefix(64)
            guard let keyword = words.first, !keyword.hasPrefix("#"), !keyword.hasPrefix(";") else {
                continue
            }
            let values = words.dropFirst()
            switch keyword {
            case "nameserver":
                guard let ip = values.first.flatMap({ IPAddress($0) }),
                    servers.count < Self.serversMax
                else { continue }
                servers.append(SocketAddress(ip: ip, port: Self.port))
            case "domain":
                search = values.prefix(1).compactMap { DomainName($0) }
            case "search":
                search = values.compactMap { DomainName($0) }
                search.removeLast(max(0, search.count - Self.searchMax))
            case "options":
                for option in values { apply(option) }
            default:
                continue
            }
        }
        if servers.isEmpty { servers = [SocketAddress(ip: .loopbackIPv4, port: Self.port)] }
    }

    private mutating func apply(_ option: Substring) {
        let parts = option.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { return }
        switch parts[0] {
        case "timeout": timeout = .seconds(min(max(number, 1), 30))
        case "attempts": attempts = min(max(number, 1), 5)
        case "ndots": dotsMin = min(number, 15)
        default: return
        }
    }

    /// The names to look up for what somebody wrote, in order: that alone if a dot ends it or no
    /// search list is there. Empty if it is no name.
    package func candidates(for text: String) -> [DomainName] {
        guard let name = DomainName(text) else { return [] }
        guard !text.hasSuffix("."), !search.isEmpty else { return [name] }
        let longer = search.compactMap { name.appending($0) }
        return name.labels.count - 1 >= dotsMin ? [name] + longer : longer + [name]
    }
}

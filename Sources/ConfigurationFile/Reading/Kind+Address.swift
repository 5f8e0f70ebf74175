import Primitives

extension Kind where Value == SocketAddress {
    /// Where a socket is bound: `ADDR:PORT`, `[V6]:PORT`, or `*:PORT` and `:PORT` for every IPv4
    /// address of the machine.
    static var bind: Kind {
        .address(hostPattern: #"(\*|[0-9.]*|\[[0-9A-Fa-f:.]+\])"#) { text throws(Problem) in
            let (host, port) = try splitPort(text)
            if host.isEmpty || host == "*" { return SocketAddress(ip: .anyIPv4, port: port) }
            let ip = try parseIP(host, ifName: "a socket is bound to an IP address")
            return SocketAddress(ip: ip, port: port)
        }
    }

    /// Somebody to talk to: `ADDR:PORT` or `[V6]:PORT`, and not the unspecified address.
    static var peer: Kind {
        .address(hostPattern: #"([0-9.]+|\[[0-9A-Fa-f:.]+\])"#) { text throws(Problem) in
            let (host, port) = try splitPort(text)
            let ip = try parseIP(
                host,
                ifName: "give an IP address here; names of servers are looked up by 'discover' "
                    + "of a pool")
            guard !ip.isUnspecified else {
                throw Problem(message: "\(quoted(text)) is every address; give one to connect to")
            }
            return SocketAddress(ip: ip, port: port)
        }
    }

    private static func address(
        hostPattern: String, parse: @escaping (String) throws(Problem) -> Value
    ) -> Kind {
        .text(
            "an address and a port", placeholder: .missing,
            shape: .text(
                TextShape("address and port", pattern: "^\(hostPattern):[0-9]{1,5}$")),
            literal: { .text($0.description) }
        ) { text, _ throws(Problem) in
            try parse(text)
        }
    }
}

extension Kind where Value == IPAddress {
    /// An IPv4 address of this machine's loopback network, 127.0.0.0/8.
    static var loopback: Kind {
        .text(
            "a loopback address", placeholder: .anyIPv4,
            shape: .text(
                TextShape(
                    "IPv4 address", limits: "in 127.0.0.0/8",
                    pattern: #"^127(\.[0-9]{1,3}){3}$"#)),
            literal: { .text($0.description) }
        ) { text, _ throws(Problem) in
            guard let ip = IPAddress(text), ip.isLoopback else {
                throw Problem(message: "\(quoted(text)) is no loopback address such as 127.0.10.1")
            }
            return ip
        }
    }
}

extension SocketAddress {
    /// The placeholder of an address: no text spells port 0.
    static let missing = SocketAddress(ip: .anyIPv4, port: 0)

    /// Whether this is the placeholder of an address that was reported already.
    var isMissing: Bool { port == 0 }
}

extension IPAddress {
    /// Whether this is in 127.0.0.0/8.
    var isLoopback: Bool { isIPv4 && low >> 24 == 127 }
}

private func splitPort(_ text: String) throws(Problem) -> (host: Substring, port: UInt16) {
    if wholeNumber(text) != nil {
        throw Problem(message: "\(quoted(text)) needs an address before the port, as in ADDR:PORT")
    }
    guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
        throw Problem(message: "\(quoted(text)) has no port")
    }
    let host = text[..<colon]
    let port = text[text.index(after: colon)...]
    if host.contains(":"), !(host.hasPrefix("[") && host.hasSuffix("]")) {
        throw Problem(message: "\(quoted(text)): write IPv6 in brackets, such as '[::1]:80'")
    }
    guard let number = wholeNumber(port), (1...65_535).contains(number) else {
        throw Problem(message: "\(quoted(port)) is no port from 1 to 65535")
    }
    return (host, UInt16(number))
}

private func parseIP(_ host: Substring, ifName hint: String) throws(Problem) -> IPAddress {
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let inner = isBracketed ? host.dropFirst().dropLast() : host
    if let ip = IPAddress(inner), ip.isIPv4 != isBracketed { return ip }
    let hasLetter = inner.utf8.contains { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    guard hasLetter, !isBracketed else {
        throw Problem(message: "\(quoted(host)) is no IP address")
    }
    throw Problem(message: "\(quoted(host)) is a name; \(hint)")
}

/// An address and a port, written `192.0.2.1:80` or `[2001:db8::1]:80`.
package struct SocketAddress: BitwiseCopyable, Hashable, Sendable {
    package var ip: IPAddress
    package var port: UInt16

    package init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// The address that `text` spells, or nil when it spells none. The port is required.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let portText = text[text.index(after: colon)...]
        guard (1...5).contains(portText.utf8.count),
            portText.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let port = UInt16(portText)
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            guard let ip = IPAddress(host.dropFirst().dropLast()), !ip.isIPv4 else { return nil }
            self.init(ip: ip, port: port)
        } else {
            guard let ip = IPAddress(host), ip.isIPv4 else { return nil }
            self.init(ip: ip, port: port)
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    package var description: String {
        ip.isIPv4 ? "\(ip):\(port)" : "[\(ip)]:\(port)"
    }
}

extension SocketAddress: Comparable {
    package static func < (left: SocketAddress, right: SocketAddress) -> Bool {
        (left.ip, left.port) < (right.ip, right.port)
    }
}

import Foundation
import Synchronization

/// An IPv4 address and port on this machine.
struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: UInt16

    var description: String { "\(host):\(port)" }

    private static let hostCount = Mutex(0)

    /// A loopback address that nothing else in this run uses: 127.0.64-243.1-254, then 127.1 and
    /// so on. What runs at the same time in another process has another third number.
    static func freshHost() -> String {
        let count = hostCount.withLock { count in
            count += 1
            return count - 1
        }
        return "127.\(count / 254).\(64 + getpid() % 180).\(1 + count % 254)"
    }

    /// A host, or a fresh one, with a port that the kernel found free there.
    static func fresh(_ type: SocketType = .stream, on host: String? = nil) throws -> Endpoint {
        let socket = try BareSocket(type)
        try socket.bind(to: Endpoint(host: host ?? freshHost(), port: 0))
        return try socket.localEndpoint()
    }
}

enum SocketType: Sendable {
    case stream
    case datagram

    fileprivate var number: CInt {
        switch self {
        case .stream: CInt(SOCK_STREAM.rawValue)
        case .datagram: CInt(SOCK_DGRAM.rawValue)
        }
    }
}

/// A socket of the test itself, closed with its last reference.
final class BareSocket: Sendable {
    let number: CInt

    init(_ type: SocketType) throws {
        number = socket(AF_INET, type.number | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Failure.system("socket") }
    }

    init(owning number: CInt) { self.number = number }

    deinit { close(number) }

    func bind(to endpoint: Endpoint) throws {
        try set(SOL_SOCKET, SO_REUSEADDR, 1)
        guard endpoint.withAddress({ Foundation.bind(number, $0, $1) }) == 0 else {
            throw Failure.system("bind to \(endpoint)")
        }
    }

    func set(_ level: CInt, _ option: CInt, _ value: CInt) throws {
        var value = value
        guard setsockopt(number, level, option, &value, socklen_t(MemoryLayout<CInt>.size)) == 0
        else { throw Failure.system("setsockopt") }
    }

    /// Makes closing reset the connection.
    func resetOnClose() throws {
        var value = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        guard setsockopt(number, SOL_SOCKET, SO_LINGER, &value, size) == 0 else {
            throw Failure.system("setsockopt")
        }
    }

    /// Held while a descriptor is open that a child process would inherit.
    static let inheritance = Mutex(())

    /// Waits for a connection; nil when the listener was shut down.
    func accept() -> BareSocket? {
        while true {
            var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, -1) > 0, entry.revents & Int16(POLLHUP) == 0 else { return nil }
            // Foundation has no accept4, which would do both at once.
            let accepted = Self.inheritance.withLock { _ in
                let accepted = Foundation.accept(number, nil, nil)
                if accepted >= 0 { _ = fcntl(accepted, F_SETFD, FD_CLOEXEC) }
                return accepted
            }
            if accepted >= 0 { return BareSocket(owning: accepted) }
        }
    }

    func localEndpoint() throws -> Endpoint {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(number, $0, &size)
            }
        }
        guard code == 0 else { throw Failure.system("getsockname") }
        return Endpoint(address)
    }
}

extension Endpoint {
    fileprivate init(_ address: sockaddr_in) {
        let value = UInt32(bigEndian: address.sin_addr.s_addr)
        host = (0..<4).map { "\(value >> (24 - 8 * $0) & 0xFF)" }.joined(separator: ".")
        port = UInt16(bigEndian: address.sin_port)
    }

    func withAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
    ) rethrows -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

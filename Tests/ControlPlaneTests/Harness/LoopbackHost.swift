import Linux
import Primitives
import Synchronization

/// Loopback addresses that nothing else in this run uses.
enum LoopbackHost {
    private static let count = Mutex(0)

    /// 127.200-254.64-243.1-254; what runs at the same time in another process has another third
    /// number.
    static func fresh() -> String {
        let count = count.withLock { count in
            count += 1
            return count
        }
        return "127.\(200 + count / 254 % 55).\(64 + ThisProcess.pid % 180).\(1 + count % 254)"
    }

    /// A UDP port of `host` that nobody uses now.
    static func freePort(of host: String) throws -> UInt16 {
        guard let ip = IPAddress(host) else { throw Failure("\(host) is no address") }
        let socket = try DatagramSocket.bind(SocketAddress(ip: ip, port: 0))
        guard let address = try Socket.localAddress(of: socket.number) else {
            throw Failure("\(host) has no port")
        }
        return address.port
    }
}

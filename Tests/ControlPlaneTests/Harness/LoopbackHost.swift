import Foundation
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
        return "127.\(200 + count / 254 % 55).\(64 + getpid() % 180).\(1 + count % 254)"
    }

    /// A UDP port of `host` that nobody uses now.
    static func freePort(of host: String) throws -> UInt16 {
        // A process that starts meanwhile must not inherit the socket and keep the port.
        let type = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_INET, type, 0)
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            throw Failure("\(host) is no address")
        }
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, size) == 0 ? getsockname(number, $0, &size) : -1
            }
        }
        guard status == 0 else { throw Failure("bind: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }
}

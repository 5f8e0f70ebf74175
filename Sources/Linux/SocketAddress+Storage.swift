internal import CLinux
package import Primitives

/// A socket address in the kernel's form, ready to hand to `bind` or `connect`.
package struct SocketAddressStorage: BitwiseCopyable {
    /// Room for a `sockaddr_in6`, the larger of the two forms used here.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private(set) var length: socklen_t

    /// Room for an address that a system call fills in.
    init() {
        length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    }

    package init(_ address: SocketAddress) {
        if address.ip.isIPv4 {
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            var four = sockaddr_in()
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = address.port.bigEndian
            four.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.ip.low).bigEndian
            withUnsafeMutableBytes(of: &words) { $0.storeBytes(of: four, as: sockaddr_in.self) }
        } else {
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            var six = sockaddr_in6()
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &six.sin6_addr) {
                $0.storeBytes(of: address.ip.high.bigEndian, toByteOffset: 0, as: UInt64.self)
                $0.storeBytes(of: address.ip.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            withUnsafeMutableBytes(of: &words) { $0.storeBytes(of: six, as: sockaddr_in6.self) }
        }
    }

    var family: CInt {
        withUnsafeBytes(of: words) { CInt($0.load(as: sa_family_t.self)) }
    }

    /// The address, or nil when the kernel gave one that is neither IPv4 nor IPv6.
    package var address: SocketAddress? {
        withUnsafeBytes(of: words) { raw in
            switch family {
            case AF_INET:
                let four = raw.load(as: sockaddr_in.self)
                let ip = IPAddress(ipv4: UInt32(bigEndian: four.sin_addr.s_addr))
                return SocketAddress(ip: ip, port: UInt16(bigEndian: four.sin_port))
            case AF_INET6:
                let port = UInt16(bigEndian: raw.load(as: sockaddr_in6.self).sin6_port)
                // The sixteen bytes stand behind family, port and flow label.
                let high = UInt64(bigEndian: raw.load(fromByteOffset: 8, as: UInt64.self))
                let low = UInt64(bigEndian: raw.load(fromByteOffset: 16, as: UInt64.self))
                return SocketAddress(ip: IPAddress(ipv6High: high, low: low), port: port)
            default:
                return nil
            }
        }
    }

    func withSockaddr<Result>(_ body: (UnsafeRawPointer?, socklen_t) -> Result) -> Result {
        withUnsafeBytes(of: words) { body($0.baseAddress, length) }
    }

    /// Lets a system call write an address and its length.
    mutating func fill<Result>(
        _ body: (UnsafeMutableRawPointer?, UnsafeMutablePointer<socklen_t>) -> Result
    ) -> Result {
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutableBytes(of: &words) { body($0.baseAddress, &length) }
        self.length = length
        return result
    }
}

internal import CLinux
package import Primitives

/// A UDP socket, bound and non-blocking.
package enum DatagramSocket {
    package static func bind(_ address: SocketAddress) throws(SystemCallError) -> Descriptor {
        let storage = SocketAddressStorage(address)
        let type = CInt(
            SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let family = storage.family
        let bound = Descriptor(owning: try systemCall("socket") { socket(family, type, 0) })
        let number = bound.number
        try systemCall("bind") { storage.withSockaddr { clinux_bind(number, $0, $1) } }
        return bound
    }

    /// Sends one datagram; nil when the kernel took it. A failure concerns this datagram only: the
    /// way to one peer says nothing of the others.
    package static func send(
        _ bytes: [UInt8], to address: SocketAddress, over number: CInt
    ) -> Errno? {
        let storage = SocketAddressStorage(address)
        while true {
            let sent = storage.withSockaddr { clinux_sendto(number, bytes, bytes.count, $0, $1) }
            if sent >= 0 { return nil }
            let errno = Errno.current
            if errno.rawValue == EINTR { continue }
            errno.trapIfOurs("sendto")
            return errno
        }
    }
}

internal import CLinux
package import Primitives

/// What one non-blocking read or write did.
package enum Transfer {
    case bytes(Int)
    case wouldBlock
    case failed(Errno)
}

/// System calls on sockets. Those on the forwarding path return outcomes instead of throwing.
package enum Socket {
    /// A listening TCP socket, non-blocking, in the SO_REUSEPORT group of its address.
    ///
    /// TCP_NODELAY is set here because accepted connections inherit it.
    package static func listen(
        on address: SocketAddress, backlog: CInt = 4096
    ) throws(SystemCallError) -> Descriptor {
        let storage = SocketAddressStorage(address)
        let socket = try stream(family: storage.family)
        let number = socket.number
        try set(number, SOL_SOCKET, SO_REUSEADDR, 1)
        try set(number, SOL_SOCKET, SO_REUSEPORT, 1)
        try set(number, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        if storage.family == AF_INET6 { try set(number, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        try systemCall("bind") { storage.withSockaddr { clinux_bind(number, $0, $1) } }
        try systemCall("listen") { CLinux.listen(number, backlog) }
        return socket
    }

    /// Fails with `EADDRINUSE` when anything listens on `address` already.
    ///
    /// A second socket with SO_REUSEPORT would silently share the traffic of the first.
    package static func requireFree(_ address: SocketAddress) throws(SystemCallError) {
        let storage = SocketAddressStorage(address)
        let socket = try stream(family: storage.family)
        let number = socket.number
        try set(number, SOL_SOCKET, SO_REUSEADDR, 1)
        if storage.family == AF_INET6 { try set(number, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        try systemCall("bind") { storage.withSockaddr { clinux_bind(number, $0, $1) } }
    }

    private static func stream(family: CInt) throws(SystemCallError) -> Descriptor {
        let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        return Descriptor(owning: try systemCall("socket") { socket(family, type, 0) })
    }

    private static func set(
        _ number: CInt, _ level: CInt, _ option: CInt, _ value: CInt
    ) throws(SystemCallError) {
        var value = value
        let size = socklen_t(MemoryLayout<CInt>.size)
        try systemCall("setsockopt") { setsockopt(number, level, option, &value, size) }
    }

    /// A non-blocking socket whose connection to `address` has begun.
    ///
    /// It becomes writable when the attempt ends; `pendingError` then tells how.
    package static func connect(
        to address: SocketAddressStorage
    ) throws(SystemCallError) -> Descriptor {
        let socket = try stream(family: address.family)
        let number = socket.number
        try set(number, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        do throws(SystemCallError) {
            try systemCall("connect") { address.withSockaddr { clinux_connect(number, $0, $1) } }
        } catch {
            guard error.errno == .inProgress else { throw error }
        }
        return socket
    }

    /// The address that a socket is bound to.
    package static func localAddress(of number: CInt) throws(SystemCallError) -> SocketAddress? {
        var storage = SocketAddressStorage()
        try systemCall("getsockname") { storage.fill { clinux_getsockname(number, $0, $1) } }
        return storage.address
    }

    /// Accepts one connection, non-blocking, and gives the client's address.
    package static func accept(
        on number: CInt, peer: inout SocketAddressStorage
    ) -> Transfer {
        let flags = CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        while true {
            let accepted = peer.fill { clinux_accept4(number, $0, $1, flags) }
            if accepted >= 0 { return .bytes(Int(accepted)) }
            // A client that gave up while it waited is no reason to stop accepting.
            let errno = Errno.current.rawValue
            if errno == EINTR || errno == ECONNABORTED { continue }
            return outcome("accept4")
        }
    }

    /// The error that ended the socket's connection attempt or connection; nil when there is none.
    package static func pendingError(of number: CInt) -> Errno? {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        if getsockopt(number, SOL_SOCKET, SO_ERROR, &value, &size) < 0 {
            Errno.current.trapIfOurs("getsockopt")
            return .current
        }
        return value == 0 ? nil : Errno(rawValue: value)
    }

    /// Reads at most `count` bytes; `.bytes(0)` is the end of the stream.
    package static func receive(
        from number: CInt, into buffer: UnsafeMutableRawPointer, count: Int
    ) -> Transfer {
        while true {
            let received = recv(number, buffer, count, 0)
            if received >= 0 { return .bytes(received) }
            if Errno.current.rawValue != EINTR { return outcome("recv") }
        }
    }

    /// Whether an idle connection is still good: open, and without a byte to read.
    package static func isQuiet(_ number: CInt) -> Bool {
        var byte: UInt8 = 0
        let flags = CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)
        return recv(number, &byte, 1, flags) < 0 && Errno.current == .again
    }

    /// Writes at most `count` bytes without raising SIGPIPE.
    package static func send(
        to number: CInt, from buffer: UnsafeRawPointer, count: Int
    ) -> Transfer {
        while true {
            let sent = CLinux.send(number, buffer, count, CInt(MSG_NOSIGNAL))
            if sent >= 0 { return .bytes(sent) }
            if Errno.current.rawValue != EINTR { return outcome("send") }
        }
    }

    /// Ends our direction of the stream; the peer may still send.
    package static func shutdownWrites(of number: CInt) {
        if shutdown(number, CInt(SHUT_WR)) < 0 { Errno.current.trapIfOurs("shutdown") }
    }

    /// Makes `close` reset the connection instead of ending it in order.
    package static func resetOnClose(_ number: CInt) {
        var value = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        if setsockopt(number, SOL_SOCKET, SO_LINGER, &value, size) < 0 {
            Errno.current.trapIfOurs("setsockopt")
        }
    }
    static func outcome(_ call: StaticString) -> Transfer {
        let errno = Errno.current
        if errno.rawValue == EAGAIN { return .wouldBlock }
        errno.trapIfOurs(call)
        return .failed(errno)
    }
}

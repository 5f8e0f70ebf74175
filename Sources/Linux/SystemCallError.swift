internal import CLinux

/// What the kernel answered to a system call: the call and the errno, with its symbolic name.
package struct SystemCallError: Error, Hashable {
    package let call: String
    package let errno: Errno

    package init(_ call: StaticString, _ errno: Errno) {
        self.call = "\(call)"
        self.errno = errno
    }
}

extension SystemCallError: CustomStringConvertible {
    package var description: String { "\(call): \(errno.message) (\(errno.name))" }
}

/// An error number of Linux.
package struct Errno: RawRepresentable, Hashable, Sendable {
    package let rawValue: CInt
    package init(rawValue: CInt) { self.rawValue = rawValue }

    /// The error of the call that failed last on this thread.
    package static var current: Errno { Errno(rawValue: clinux_errno()) }

    package static let again = Errno(rawValue: EAGAIN)
    package static let inProgress = Errno(rawValue: EINPROGRESS)
    package static let tooManyFiles = Errno(rawValue: EMFILE)
    package static let addressInUse = Errno(rawValue: EADDRINUSE)
    package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    package static let connectionReset = Errno(rawValue: ECONNRESET)
    package static let timedOut = Errno(rawValue: ETIMEDOUT)
    package static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
    package static let networkUnreachable = Errno(rawValue: ENETUNREACH)
    package static let invalidArgument = Errno(rawValue: EINVAL)
    package static let accessDenied = Errno(rawValue: EACCES)

    /// Whether it says that this process or machine has no more of something, or may not: nothing
    /// about a peer.
    package var isLocal: Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EPERM, EACCES].contains(rawValue)
    }

    /// The symbolic name, such as `ECONNREFUSED`.
    package var name: String {
        guard let name = strerrorname_np(rawValue) else { return "errno \(rawValue)" }
        return String(cString: name)
    }

    /// The system's sentence, such as `Connection refused`.
    package var message: String {
        guard let message = strerrordesc_np(rawValue) else { return "unknown error \(rawValue)" }
        return String(cString: message)
    }

    /// Stops the process when the error can only be our own bug: a wrong descriptor or address.
    package func trapIfOurs(_ call: StaticString) {
        if rawValue == EBADF || rawValue == EFAULT {
            fatalError("\(call): \(name), a bug in Skein")
        }
    }
}

/// Runs `body`, again while it is interrupted, and throws what else it fails with.
@discardableResult
package func systemCall<Result: SignedInteger>(
    _ call: StaticString, _ body: () -> Result
) throws(SystemCallError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let errno = Errno.current
        if errno.rawValue == EINTR { continue }
        errno.trapIfOurs(call)
        throw SystemCallError(call, errno)
    }
}

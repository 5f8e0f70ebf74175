internal import CLinux

/// Unix-domain sockets in the file system.
package enum UnixSocket {
    /// The most bytes of a path: what a `sockaddr_un` holds, without its last zero.
    package static let pathBytesMax = 107

    /// Whether a process accepts connections at `path`. A socket file that a dead process left
    /// behind does not count.
    package static func isServed(_ path: String) -> Bool {
        clinux_unix_socket_is_served(path) == 1
    }
}

internal import CLinux

/// Unix-domain sockets in the file system.
package enum UnixSocket {
    /// What stands at a path where a socket shall be.
    package enum Place: Hashable, Sendable {
        case free
        /// A socket, of a process that lives or of one that is gone.
        case socket
        /// A file, a directory or a link: somebody else's, not to be touched.
        case taken
    }

    package static func place(_ path: String) -> Place {
        switch clinux_path_kind(path) {
        case 0: .free
        case 1: .socket
        default: .taken
        }
    }

    /// Why nobody can be reached at `path`; nil when a process accepts connections there.
    package static func failure(_ path: String) -> Errno? {
        let code = clinux_try_unix_socket(path)
        return code == 0 ? nil : Errno(rawValue: code)
    }

    /// Removes what a dead process left behind. Anything but a socket stays.
    package static func removeStale(_ path: String) {
        if place(path) == .socket { _ = unlink(path) }
    }
}

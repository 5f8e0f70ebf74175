internal import CLinux

/// A file descriptor with one owner, closed when the owner lets go of it.
package struct Descriptor: ~Copyable, Sendable {
    package let number: CInt

    /// Takes over `number`, which nothing else may close.
    package init(owning number: CInt) {
        self.number = number
    }

    deinit {
        _ = close(number)
    }

    /// Gives the descriptor away without closing it.
    package consuming func release() -> CInt {
        let number = self.number
        discard self
        return number
    }

    /// A new or emptied file, open for writing and readable by its owner only.
    package static func create(path: String) throws(SystemCallError) -> Descriptor {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC
        return Descriptor(owning: try systemCall("open") { clinux_open(path, flags, 0o600) })
    }
}

/// Closes a descriptor whose number is kept in a connection's state.
package func closeDescriptor(_ number: CInt) {
    // Linux frees the number even when close is interrupted, so it is never repeated.
    if close(number) < 0 { Errno.current.trapIfOurs("close") }
}

internal import CLinux

/// Signals as a descriptor: blocked for the process, read in the event loop.
package struct SignalSource: ~Copyable {
    package static let terminate = SIGTERM
    package static let interrupt = SIGINT
    package static let kill = SIGKILL

    package let descriptor: Descriptor

    /// Blocks `signals` in this thread and those it starts, and opens a descriptor for them.
    package init(_ signals: [CInt]) throws(SystemCallError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        try systemCall("sigprocmask") { sigprocmask(SIG_BLOCK, &set, nil) }
        descriptor = Descriptor(
            owning: try systemCall("signalfd") {
                signalfd(-1, &set, CInt(SFD_NONBLOCK | SFD_CLOEXEC))
            })
    }

    /// The next pending signal, or nil.
    package borrowing func next() -> CInt? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        let number = descriptor.number
        let count = read(number, &info, size)
        return count == size ? CInt(bitPattern: info.ssi_signo) : nil
    }
}

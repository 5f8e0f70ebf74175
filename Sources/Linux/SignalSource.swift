internal import CLinux

/// Signals as a descriptor to read in an event loop. A process has at most one.
///
/// A handler writes each signal's number into a pipe. That works however many threads there are;
/// blocking signals for a signalfd does not, once a library has started threads of its own.
package struct SignalSource: ~Copyable {
    package static let terminate = SIGTERM
    package static let kill = SIGKILL
    /// What asks a process to end.
    package static let stopping = [SIGTERM, SIGINT]

    package let descriptor: Descriptor
    private let input: Descriptor

    package init(_ signals: [CInt]) throws(SystemCallError) {
        var numbers: (CInt, CInt) = (-1, -1)
        try systemCall("pipe2") {
            withUnsafeMutableBytes(of: &numbers) {
                pipe2(
                    $0.assumingMemoryBound(to: CInt.self).baseAddress, O_NONBLOCK | O_CLOEXEC)
            }
        }
        descriptor = Descriptor(owning: numbers.0)
        input = Descriptor(owning: numbers.1)
        clinux_note_signals_in(numbers.1)
        for signal in signals {
            // With a valid number this call cannot fail.
            _ = clinux_note_signal(signal)
        }
    }

    /// The next signal that came, or nil.
    package borrowing func next() -> CInt? {
        var number: UInt8 = 0
        let count = read(descriptor.number, &number, 1)
        return count == 1 ? CInt(number) : nil
    }
}

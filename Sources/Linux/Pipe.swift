internal import CLinux

/// A pipe to splice through: bytes go from socket to socket without a copy into this process.
package struct Pipe: ~Copyable {
    private let output: Descriptor
    private let input: Descriptor

    /// The most bytes the pipe is asked to hold; the kernel may give less.
    package static let size = 1 << 20

    package init() throws(SystemCallError) {
        var numbers: (CInt, CInt) = (-1, -1)
        try systemCall("pipe2") {
            withUnsafeMutableBytes(of: &numbers) {
                pipe2(
                    $0.assumingMemoryBound(to: CInt.self).baseAddress, O_NONBLOCK | O_CLOEXEC)
            }
        }
        output = Descriptor(owning: numbers.0)
        input = Descriptor(owning: numbers.1)
        // Without leave for a larger one the default size serves, in more calls.
        _ = clinux_set_pipe_size(numbers.1, CInt(Self.size))
    }

    /// Moves at most `count` bytes from a socket into the empty pipe; `.bytes(0)` is the end of
    /// the stream. Fewer bytes than asked for do not mean that the socket is empty.
    package func fill(from socket: CInt, count: Int) -> Transfer {
        move(from: socket, to: input.number, count: count)
    }

    /// Moves at most `count` bytes out of the pipe to a socket.
    package func drain(to socket: CInt, count: Int) -> Transfer {
        move(from: output.number, to: socket, count: count)
    }

    /// Copies `count` bytes that are in the pipe to memory.
    package func read(into buffer: UnsafeMutableRawPointer, count: Int) {
        var copied = 0
        while copied < count {
            let result = CLinux.read(output.number, buffer + copied, count - copied)
            precondition(result > 0, "the pipe holds less than was put into it")
            copied += result
        }
    }

    private func move(from source: CInt, to sink: CInt, count: Int) -> Transfer {
        while true {
            let moved = splice(
                source, nil, sink, nil, count, UInt32(SPLICE_F_MOVE | SPLICE_F_NONBLOCK))
            if moved >= 0 { return .bytes(moved) }
            if Errno.current.rawValue != EINTR { return Socket.outcome("splice") }
        }
    }
}

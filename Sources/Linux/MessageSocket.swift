internal import CLinux

/// One end of a Unix socket pair that carries whole messages, each with descriptors if need be.
package struct MessageSocket: ~Copyable, Sendable {
    /// The most bytes and descriptors of one message.
    package static let bytesMax = 32 * 1024
    package static let descriptorsMax = Int(CLINUX_FD_MAX)

    package let descriptor: Descriptor

    package init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// Two connected ends, both non-blocking and closed on exec.
    package struct Pair: ~Copyable {
        package let ours: Descriptor
        package let theirs: Descriptor

        /// Keeps our end and closes theirs, once it was handed on.
        package consuming func takeOurs() -> Descriptor { ours }
    }

    package static func pair() throws(SystemCallError) -> Pair {
        var numbers: (CInt, CInt) = (-1, -1)
        let type = CInt(
            SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        try systemCall("socketpair") {
            withUnsafeMutableBytes(of: &numbers) {
                socketpair(AF_UNIX, type, 0, $0.assumingMemoryBound(to: CInt.self).baseAddress)
            }
        }
        return Pair(
            ours: Descriptor(owning: numbers.0), theirs: Descriptor(owning: numbers.1))
    }

    /// Sends one message, waiting up to a second for room.
    ///
    /// - Throws: `EPIPE` when the other process has ended, `EAGAIN` when it does not read.
    package borrowing func send(
        _ bytes: [UInt8], descriptors: [CInt] = []
    ) throws(SystemCallError) {
        let number = descriptor.number
        do throws(SystemCallError) {
            try attempt(bytes, descriptors)
        } catch {
            guard error.errno == .again else { throw error }
            var waiting = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            try systemCall("poll") { poll(&waiting, 1, 1_000) }
            try attempt(bytes, descriptors)
        }
    }

    /// Sends one message if there is room; false when the other process does not read.
    ///
    /// - Throws: `EPIPE` when the other process has ended.
    package borrowing func sendAtOnce(
        _ bytes: [UInt8], descriptors: [CInt] = []
    ) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            try attempt(bytes, descriptors)
            return true
        } catch {
            guard error.errno == .again else { throw error }
            return false
        }
    }

    private borrowing func attempt(
        _ bytes: [UInt8], _ descriptors: [CInt]
    ) throws(SystemCallError) {
        let number = descriptor.number
        try systemCall("sendmsg") {
            clinux_send_with_fds(number, bytes, bytes.count, descriptors, descriptors.count)
        }
    }

    /// Whether a message, or the end, comes within so many milliseconds.
    package borrowing func waitReadable(milliseconds: CInt) throws(SystemCallError) -> Bool {
        var waiting = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return try systemCall("poll") { poll(&waiting, 1, milliseconds) } > 0
    }

    /// One received message, or how the attempt ended.
    package enum Received {
        case message([UInt8], descriptors: [CInt])
        case nothingYet
        case closed
    }

    /// Receives one message; the caller owns the descriptors that came with it.
    package borrowing func receive() -> Received {
        let number = descriptor.number
        var numbers = [CInt](repeating: -1, count: Self.descriptorsMax)
        var numberCount = 0
        var bytes = [UInt8](repeating: 0, count: Self.bytesMax)
        do throws(SystemCallError) {
            let count = try systemCall("recvmsg") {
                clinux_receive_with_fds(number, &bytes, Self.bytesMax, &numbers, &numberCount)
            }
            guard count > 0 else { return .closed }
            bytes.removeLast(Self.bytesMax - count)
            return .message(bytes, descriptors: Array(numbers.prefix(numberCount)))
        } catch {
            return error.errno == .again ? .nothingYet : .closed
        }
    }
}

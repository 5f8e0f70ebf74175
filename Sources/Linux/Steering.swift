internal import CLinux

/// Which sockets of an SO_REUSEPORT group get new connections, by a classic-BPF program.
///
/// The kernel runs the program for each new connection and takes its result as an index into the
/// group, in the order in which the sockets began to listen (see `SO_ATTACH_REUSEPORT_CBPF` in
/// socket(7)). No privilege is needed, and a swap is atomic.
package enum Steering {
    /// The most sockets of one group: each costs two instructions of at most 4,096.
    package static let socketsMax = 1024

    /// Spreads new connections at random over the sockets at `indices`.
    ///
    /// - Parameters:
    ///   - group: any socket of the group.
    ///   - indices: at least one index; those that are missing get nothing new.
    package static func steer(
        group: CInt, to indices: [Int]
    ) throws(SystemCallError) {
        precondition(!indices.isEmpty && indices.count <= socketsMax)
        var program = instructions(for: indices)
        let count = UInt16(program.count)
        try program.withUnsafeMutableBufferPointer { buffer throws(SystemCallError) in
            var filter = sock_fprog(len: count, filter: buffer.baseAddress)
            let size = socklen_t(MemoryLayout<sock_fprog>.size)
            try systemCall("setsockopt") {
                setsockopt(group, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, size)
            }
        }
    }

    /// Loads a random number modulo the count, then answers the index at that position.
    static func instructions(for indices: [Int]) -> [sock_filter] {
        let random = UInt32(bitPattern: SKF_AD_OFF + SKF_AD_RANDOM)
        var program = [
            sock_filter(code: UInt16(BPF_LD | BPF_W | BPF_ABS), jt: 0, jf: 0, k: random),
            sock_filter(
                code: UInt16(BPF_ALU | BPF_MOD | BPF_K), jt: 0, jf: 0, k: UInt32(indices.count)),
        ]
        for (position, index) in indices.enumerated() {
            program.append(
                sock_filter(
                    code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: 0, jf: 1, k: UInt32(position)))
            program.append(
                sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: UInt32(index)))
        }
        program.append(
            sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: UInt32(indices[0])))
        return program
    }
}

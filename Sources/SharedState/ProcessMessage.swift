package import Linux
package import Primitives

/// What the supervisor and its children tell one another over their message sockets.
///
/// Descriptors travel beside the bytes. Both ends are processes of one node and one version.
package enum ProcessMessage: Hashable, Sendable {
    /// Supervisor to child, first of all; with it the node memory and, to control, a file with the
    /// configuration's text. Control ignores `index`.
    case start(index: Int)
    /// Supervisor to worker: sockets it accepts on, in the order of these addresses.
    case listeners([SocketAddress])
    /// A new table: control to supervisor, and supervisor to every worker. With it the file.
    case table
    /// Child to supervisor: it serves.
    case ready
    /// Supervisor to child: finish what is open within so many milliseconds, then end.
    case drain(milliseconds: Int)

    /// The most addresses of one `listeners` message.
    package static let listenersMax = MessageSocket.descriptorsMax

    package func encoded() -> [UInt8] {
        switch self {
        case .start(let index): [1] + Self.bytes(of: index)
        case .listeners(let addresses):
            [2] + Array(addresses.map(\.description).joined(separator: " ").utf8)
        case .table: [3]
        case .ready: [4]
        case .drain(let milliseconds): [5] + Self.bytes(of: milliseconds)
        }
    }

    /// The message that `encoded` made, or nil for anything else.
    package init?(_ bytes: [UInt8]) {
        switch (bytes.first, Self.integer(bytes.dropFirst())) {
        case (1, let index?): self = .start(index: index)
        case (2, _):
            let words = String(decoding: bytes.dropFirst(), as: UTF8.self).split(separator: " ")
            let addresses = words.compactMap { SocketAddress($0) }
            guard addresses.count == words.count else { return nil }
            self = .listeners(addresses)
        case (3, _): self = .table
        case (4, _): self = .ready
        case (5, let milliseconds?): self = .drain(milliseconds: milliseconds)
        default: return nil
        }
    }

    private static func bytes(of value: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count == 8 else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}

extension MessageSocket {
    package borrowing func send(
        _ message: ProcessMessage, descriptors: [CInt] = []
    ) throws(SystemCallError) {
        try send(message.encoded(), descriptors: descriptors)
    }
}

/// A stretch of a head, as offsets from the first byte that was given to the parser.
///
/// Two 16-bit numbers, because a head is at most 65,535 bytes long.
package struct ByteRange: Equatable, Sendable {
    package let start: UInt16
    /// Behind the last byte; not before `start`.
    package let end: UInt16

    @inlinable
    package init(start: UInt16, end: UInt16) {
        self.start = start
        self.end = end
    }

    /// Both positions are inside a head, so they fit.
    @inline(__always)
    init(_ start: UInt32, _ end: UInt32) {
        self.start = UInt16(truncatingIfNeeded: start)
        self.end = UInt16(truncatingIfNeeded: end)
    }

    package static let empty = ByteRange(start: 0, end: 0)

    @inlinable
    package var isEmpty: Bool { start == end }

    @inlinable
    package var count: Int { Int(end) &- Int(start) }

    /// What `Span.extracting` takes.
    @inlinable
    package var range: Range<Int> { Int(start)..<Int(end) }

    @inline(__always)
    var from: UInt32 { UInt32(start) }

    @inline(__always)
    var to: UInt32 { UInt32(end) }

    @inline(__always)
    var length: UInt32 { to &- from }
}

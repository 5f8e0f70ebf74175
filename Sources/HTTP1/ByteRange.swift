/// A stretch of a head, as offsets from the first byte that was given to the parser.
///
/// Two 16-bit numbers, because a head is at most 65,535 bytes long.
package struct ByteRange: Equatable, Sendable {
    @usableFromInline let first: UInt16
    @usableFromInline let last: UInt16

    @inlinable
    init(first: UInt16, last: UInt16) {
        self.first = first
        self.last = last
    }

    /// `start` is not behind `end`, and both are inside a head.
    @inline(__always)
    init(_ start: UInt32, _ end: UInt32) {
        first = UInt16(truncatingIfNeeded: start)
        last = UInt16(truncatingIfNeeded: end)
    }

    /// No bytes.
    package static let empty = ByteRange(first: 0, last: 0)

    /// Whether there are no bytes in it.
    @inlinable
    package var isEmpty: Bool { first == last }

    /// How many bytes there are in it.
    @inlinable
    package var count: Int { upperBound &- lowerBound }

    /// The first byte.
    @inlinable
    package var lowerBound: Int { Int(first) }

    /// Behind the last byte.
    @inlinable
    package var upperBound: Int { Int(last) }

    /// What `Span.extracting` takes.
    @inlinable
    package var range: Range<Int> { lowerBound..<upperBound }

    @inline(__always)
    var start: UInt32 { UInt32(first) }

    @inline(__always)
    var end: UInt32 { UInt32(last) }

    @inline(__always)
    var length: UInt32 { end &- start }
}

/// Writes a message into a buffer that the caller owns.
///
/// What does not fit is left out whole, with everything that would follow it, and `overflowed`
/// says so; the caller looks once, at the end. This is the one file of the module with unsafe
/// code: whoever makes a writer answers for the buffer outliving it, and every append checks the
/// space before it copies.
@safe
package struct ByteWriter: ~Copyable {
    @usableFromInline let buffer: UnsafeMutableRawBufferPointer
    /// How many bytes have been written.
    package private(set) var count = 0
    /// Whether something did not fit.
    package private(set) var overflowed = false

    /// A writer that starts at the start of `buffer`, which must outlive it.
    @inlinable
    package init(_ buffer: UnsafeMutableRawBufferPointer) {
        unsafe self.buffer = buffer
    }

    /// Where the next `length` bytes go, counted as written; nil when they do not fit.
    @inlinable
    @inline(__always)
    mutating func reserve(_ length: Int) -> UnsafeMutableRawPointer? {
        guard !overflowed, let base = unsafe buffer.baseAddress,
            unsafe length <= buffer.count &- count
        else {
            overflowed = overflowed || length > 0
            return nil
        }
        let place = unsafe base + count
        count &+= length
        return unsafe place
    }

    /// Appends all of `bytes`.
    @inlinable
    @inline(__always)
    package mutating func append(_ bytes: Span<UInt8>) {
        guard let place = unsafe reserve(bytes.count) else { return }
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return }
            unsafe place.copyMemory(from: from, byteCount: source.count)
        }
    }

    /// Appends a stretch of `bytes`, which must hold it.
    @inlinable
    @inline(__always)
    package mutating func append(_ bytes: Span<UInt8>, _ range: ByteRange) {
        append(bytes.extracting(range.range))
    }

    /// Appends `text` in UTF-8.
    @inlinable
    @inline(__always)
    package mutating func append(_ text: StaticString) {
        guard let place = unsafe reserve(text.utf8CodeUnitCount) else { return }
        unsafe place.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    }

    /// Appends one byte.
    @inlinable
    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        guard let place = unsafe reserve(1) else { return }
        unsafe place.storeBytes(of: byte, as: UInt8.self)
    }

    /// Appends `number` in decimal digits.
    @inlinable
    package mutating func appendDecimal(_ number: UInt64) {
        var length = 1
        var rest = number / 10
        while rest > 0 {
            length &+= 1
            rest /= 10
        }
        guard let place = unsafe reserve(length) else { return }
        rest = number
        for offset in stride(from: length &- 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            unsafe place.storeBytes(of: digit, toByteOffset: offset, as: UInt8.self)
            rest /= 10
        }
    }

    /// Appends `number` in lower-case hexadecimal digits.
    @inlinable
    package mutating func appendHex(_ number: UInt64) {
        let length = max(1, (67 &- number.leadingZeroBitCount) / 4)
        guard let place = unsafe reserve(length) else { return }
        var rest = number
        for offset in stride(from: length &- 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            let character = digit < 10 ? digit &+ 0x30 : digit &+ 0x57
            unsafe place.storeBytes(of: character, toByteOffset: offset, as: UInt8.self)
            rest >>= 4
        }
    }
}

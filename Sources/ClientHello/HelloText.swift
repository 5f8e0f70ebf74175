/// A stretch of a handshake message, wherever in its records it is.
package struct HelloText: Equatable, BitwiseCopyable, Sendable {
    /// Where it starts, counted from the first byte of the connection.
    private(set) var position: Int
    /// How many bytes the record has from there on.
    private(set) var leftInRecord: Int
    /// How many bytes it has.
    package private(set) var count: Int

    /// The first `count` bytes of the message that starts with the record at the start of
    /// `bytes`, all of whose records are there.
    init(messageIn bytes: Span<UInt8>, count: Int) {
        position = 0
        leftInRecord = 0
        self.count = count
        enterRecord(bytes)
    }

    /// Where it is in the bytes that were read; nil when it is split over records.
    package var range: Range<Int>? {
        count <= leftInRecord ? position..<(position + count) : nil
    }

    /// Copies it out of the bytes that were read, to the start of `output`, and returns its
    /// length; nil when there is too little room.
    package func copy(from bytes: Span<UInt8>, to output: inout MutableSpan<UInt8>) -> Int? {
        guard count <= output.count else { return nil }
        var rest = self
        for index in 0..<count {
            guard let byte = rest.next(in: bytes) else { return nil }
            output[index] = byte
        }
        return count
    }

    /// Whether it spells `text`, byte for byte.
    package func equals(_ text: Span<UInt8>, in bytes: Span<UInt8>) -> Bool {
        guard count == text.count else { return false }
        var rest = self
        for index in 0..<count where rest.next(in: bytes) != text[index] {
            return false
        }
        return true
    }

    /// Whether every byte is visible ASCII: no space, control byte or byte above 0x7E.
    func isVisibleASCII(in bytes: Span<UInt8>) -> Bool {
        var rest = self
        for _ in 0..<count {
            guard let byte = rest.next(in: bytes), (0x21...0x7E).contains(byte) else {
                return false
            }
        }
        return true
    }

    /// Passes over one byte and returns it, or nil at the end.
    mutating func next(in bytes: Span<UInt8>) -> UInt8? {
        guard count > 0, position < bytes.count else { return nil }
        let byte = bytes[position]
        advance(1, in: bytes)
        return byte
    }

    /// Takes `length` bytes off the start; nil when there are fewer.
    mutating func take(_ length: Int, in bytes: Span<UInt8>) -> HelloText? {
        guard length <= count else { return nil }
        var part = self
        part.count = length
        advance(length, in: bytes)
        return part
    }

    /// Moves on by at most `count` bytes, to a place that has a byte in its record if there is
    /// one left.
    private mutating func advance(_ length: Int, in bytes: Span<UInt8>) {
        count -= length
        var rest = length
        while rest >= leftInRecord {
            rest -= leftInRecord
            position += leftInRecord
            leftInRecord = 0
            guard count > 0 || rest > 0, enterRecord(bytes) else { return }
        }
        position += rest
        leftInRecord -= rest
    }

    /// Passes over the record header at `position`; false when there is none or it is of an empty
    /// record, which the reader refuses before.
    @discardableResult
    private mutating func enterRecord(_ bytes: Span<UInt8>) -> Bool {
        guard let length = RecordHeader.contentLength(in: bytes, at: position), length > 0 else {
            return false
        }
        position += RecordHeader.length
        leftInRecord = length
        return true
    }
}

/// The header fields of one message, in order, in storage that is reused for the next.
///
/// The storage is an array that is made once and never grows. Inline storage would be nearer the
/// head, but Swift 6.3 copies all of an `InlineArray` whenever one element is read through a
/// borrowed value.
package struct HeaderFields: ~Copyable {
    /// The most fields a message may have.
    package static let countMax = 128

    /// How many fields the message has.
    package private(set) var count = 0
    @usableFromInline private(set) var storage: [HeaderField]

    /// No fields, and room for all there may be.
    package init() {
        let unused = HeaderField(start: 0, colon: 0, end: 0, hasUnusualName: false)
        // One slot more: whether a field is one too many is known when it has been read.
        storage = Array(repeating: unused, count: Self.countMax + 1)
    }

    /// The field at `index`, which must be in `0..<count`.
    @inlinable
    package subscript(index: Int) -> HeaderField {
        precondition(index >= 0 && index < count)
        return storage[index]
    }

    /// The index of the first field with the known name `known`, or nil.
    package func firstIndex(of known: KnownHeader) -> Int? {
        for index in 0..<count where storage[index].known == known {
            return index
        }
        return nil
    }

    /// Keeps the field at `index` from being passed on.
    mutating func drop(at index: Int) {
        storage[index].passage = .dropped
    }

    /// Reads field lines from `start` on, lets `meaning` take in the known ones, and returns the
    /// position behind the empty line at their end, or nil when that has not come.
    ///
    /// Of several faults the first in the head is thrown.
    @inline(__always)
    mutating func read(
        _ bytes: Span<UInt8>, from start: UInt32, limit: Int, meaning: inout some HeadMeaning
    ) throws(HTTPParseError) -> UInt32? {
        var slots = storage.mutableSpan
        var found = 0
        var end: UInt32?
        var fault: HTTPParseError?
        do throws(HTTPParseError) {
            end = try FieldScanner.scan(
                bytes, from: start, limit: limit, into: &slots, found: &found)
        } catch {
            fault = error
        }
        try Self.interpret(bytes, &slots, count: found, meaning: &meaning)
        if let fault { throw fault }
        count = found
        return end
    }

    @inline(__always)
    private static func interpret<Meaning: HeadMeaning>(
        _ bytes: Span<UInt8>, _ slots: inout MutableSpan<HeaderField>, count: Int,
        meaning: inout Meaning
    ) throws(HTTPParseError) {
        for index in 0..<count {
            try slots[index].settle(bytes, dropping: Meaning.dropped)
            if Meaning.meaningful.contains(slots[index].known) {
                try meaning.take(&slots[index], at: index, in: bytes)
            }
        }
    }

    /// Drops the fields that `Connection` nominates, of which `MessageControl` allowed at most
    /// sixteen, so that the work stays bounded.
    mutating func dropNominated(in bytes: Span<UInt8>) throws(HTTPParseError) {
        for index in 0..<count where storage[index].known == .connection {
            var options = ConnectionOptions(storage[index].value)
            while let option = try options.next(in: bytes) {
                guard case .nomination = try option.meaning(in: bytes) else { continue }
                for other in 0..<count
                where bytes.equalsIgnoringCase(storage[other].name, option.token) {
                    storage[other].passage = .dropped
                }
            }
        }
    }
}

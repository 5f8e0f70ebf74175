/// A copy of a field name, its underscores turned into hyphens, as CGI and its heirs read names.
///
/// Only the first 24 bytes are kept; no longer name means anything to this module.
struct NameBuffer {
    private var bytes = InlineArray<24, UInt8>(repeating: 0)
    private(set) var length: UInt32 = 0

    mutating func append(_ byte: UInt8) {
        let index = Int(length)
        length &+= 1
        guard index < bytes.count else { return }
        bytes[index] = byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte
    }

    mutating func removeAll() {
        length = 0
    }

    /// The known header of that name, which must be of token characters.
    var known: KnownHeader {
        guard length <= bytes.count else { return .other }
        return KnownHeader(bytes.span, start: 0, length: length)
    }

    /// Whether it is a name of `EndToEndName`.
    var mustStayEndToEnd: Bool {
        guard length <= bytes.count else { return false }
        return EndToEndName.contains(bytes.span, start: 0, length: length)
    }
}

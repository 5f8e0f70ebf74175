/// A copy of a field name, its underscores turned into hyphens, as CGI and its heirs read names.
///
/// Only the first 24 bytes are kept: more are not needed to tell any name of this module.
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
        KnownHeader(bytes.span, start: 0, length: length)
    }

    /// Whether it is a name of `EndToEndName`.
    var mustStayEndToEnd: Bool {
        EndToEndName.contains(bytes.span, start: 0, length: length)
    }
}

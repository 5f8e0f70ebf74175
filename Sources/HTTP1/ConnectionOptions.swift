/// The options of one `Connection` field, read one after the other (RFC 9110 section 7.6.1).
struct ConnectionOptions {
    private var position: UInt32
    private let end: UInt32

    init(_ value: ByteRange) {
        position = value.start
        end = value.end
    }

    /// The next option, nil after the last. Empty members of the list are passed over, as
    /// RFC 9110 section 5.6.1 asks of a recipient.
    mutating func next(in bytes: Span<UInt8>) throws(HTTPParseError) -> ConnectionOption? {
        while position < end, Self.separates(bytes[Int(position)]) { position &+= 1 }
        guard position < end else { return nil }
        let start = position
        while position < end, ByteClass.token.contains(bytes[Int(position)]) {
            position &+= 1
        }
        let token = ByteRange(start, position)
        while position < end, ByteClass.isWhitespace(bytes[Int(position)]) { position &+= 1 }
        let isDelimited = position == end || bytes[Int(position)] == UInt8(ascii: ",")
        guard !token.isEmpty, isDelimited else { throw .connectionInvalid }
        return ConnectionOption(token: token)
    }

    private static func separates(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || ByteClass.isWhitespace(byte)
    }
}

/// One option of a `Connection` field.
struct ConnectionOption {
    let token: ByteRange

    enum Meaning {
        case close
        case keepAlive
        /// A field that is dropped anyway, such as `Upgrade` or `TE`.
        case hopByHop
        /// Any other field: the sender asks for it to be dropped.
        case nomination
    }

    /// What the option asks for; throws `connectionNamesEndToEnd` when it may not be asked.
    func meaning(in bytes: Span<UInt8>) throws(HTTPParseError) -> Meaning {
        let length = token.length
        if length == 5, bytes.word(at: token.start).isClose { return .close }
        let known = KnownHeader(bytes, start: token.start, length: length)
        if known == .keepAlive { return .keepAlive }
        if known.isHopByHop && known != .transferEncoding { return .hopByHop }
        guard !EndToEndName.contains(bytes, start: token.start, length: length) else {
            throw .connectionNamesEndToEnd
        }
        return .nomination
    }
}

extension ByteWord {
    /// Whether the first five bytes are `close`, in either case.
    @inline(__always)
    var isClose: Bool {
        lowercased.prefix(5) == ByteWord("c", "l", "o", "s", "e")
    }

    /// Whether the word and the one behind it begin with `keep-alive`, in either case.
    @inline(__always)
    func isKeepAlive(before next: ByteWord) -> Bool {
        lowercased == ByteWord("k", "e", "e", "p", "-", "a", "l", "i")
            && next.lowercased.prefix(2) == ByteWord("v", "e")
    }
}

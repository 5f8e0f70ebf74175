/// The request line (RFC 9112 section 3). Each step returns nil, or false, while the bytes end
/// before it does.
extension RequestHead {
    @inline(__always)
    mutating func parseLine(
        _ bytes: Span<UInt8>, limits: HeadLimits
    ) throws(HTTPParseError) -> Bool {
        guard let start = try Self.skipEmptyLine(bytes),
            let methodEnd = try parseMethod(bytes, from: start),
            let targetEnd = try parseTarget(
                bytes, from: methodEnd &+ 1, limit: limits.targetBytes),
            let version = try HTTPVersion.read(bytes, from: targetEnd &+ 1),
            let lineEnd = try version.readLineEnd(bytes, from: targetEnd &+ 9)
        else { return false }
        lineStart = start
        minorVersion = version.minor
        fieldsStart = lineEnd
        return true
    }

    /// Where the request line starts: behind at most one empty line.
    @inline(__always)
    private static func skipEmptyLine(
        _ bytes: Span<UInt8>
    ) throws(HTTPParseError) -> UInt32? {
        guard let first = bytes.byte(at: 0) else { return nil }
        guard first == .carriageReturn else { return 0 }
        guard let second = bytes.byte(at: 1) else { return nil }
        guard second == .lineFeed else { throw .bareCarriageReturn }
        guard let third = bytes.byte(at: 2) else { return nil }
        guard third != .carriageReturn else { throw .emptyLine }
        return 2
    }

    /// Reads the method and returns where its space is.
    @inline(__always)
    private mutating func parseMethod(
        _ bytes: Span<UInt8>, from start: UInt32
    ) throws(HTTPParseError) -> UInt32? {
        let word = bytes.word(at: start)
        if word.prefix(4) == ByteWord("G", "E", "T", " ") {
            method = .get
            methodRange = ByteRange(start, start &+ 3)
            return start &+ 3
        }
        return try parseAnyMethod(bytes, word: word, from: start)
    }

    private mutating func parseAnyMethod(
        _ bytes: Span<UInt8>, word: ByteWord, from start: UInt32
    ) throws(HTTPParseError) -> UInt32? {
        var position = start
        while let byte = bytes.byte(at: position), ByteClass.method.contains(byte) {
            position &+= 1
            guard position &- start <= HTTPMethod.lengthMax else { throw .methodTooLong }
        }
        guard let byte = bytes.byte(at: position) else { return nil }
        guard byte == .space, position > start else {
            throw byte == .lineFeed ? .bareLineFeed : .methodInvalid
        }
        let length = position &- start
        let name = length <= 8 ? word.prefix(length) : ByteWord()
        guard name != ByteWord("C", "O", "N", "N", "E", "C", "T") else {
            throw .connectUnsupported
        }
        method = HTTPMethod(name)
        methodRange = ByteRange(start, position)
        return position
    }

    /// Reads the request target and returns where the space behind it is.
    @inline(__always)
    private mutating func parseTarget(
        _ bytes: Span<UInt8>, from start: UInt32, limit: Int
    ) throws(HTTPParseError) -> UInt32? {
        guard let first = bytes.byte(at: start) else { return nil }
        if first != UInt8(ascii: "/") { try Self.checkFirstOfTarget(first, method) }
        let stop = bytes.firstStop(from: start) { $0.outsideTarget }
        // Zeros behind the end stop the scan there, so `stop` is at most the number of bytes.
        guard Int(stop &- start) <= limit else { throw .targetTooLong }
        guard let byte = bytes.byte(at: stop) else { return nil }
        guard byte == .space else { throw Self.targetError(byte) }
        target = ByteRange(start, stop)
        if first == UInt8(ascii: "/") {
            targetForm = .origin
            path = target
            isPathImplied = false
        } else {
            try parseOtherForm(bytes)
        }
        return stop
    }

    private static func checkFirstOfTarget(
        _ byte: UInt8, _ method: HTTPMethod
    ) throws(HTTPParseError) {
        if byte == UInt8(ascii: "*"), method == .options { return }
        // Only `http` and `https` can begin a target in absolute form.
        guard byte | 0x20 == UInt8(ascii: "h") else { throw targetError(byte) }
    }

    private static func targetError(_ byte: UInt8) -> HTTPParseError {
        switch byte {
        case .lineFeed: .bareLineFeed
        case UInt8(ascii: "#"): .targetFragment
        default: .targetInvalid
        }
    }

    /// A target in asterisk form or absolute form; its first byte has been checked.
    private mutating func parseOtherForm(_ bytes: Span<UInt8>) throws(HTTPParseError) {
        if bytes[target.lowerBound] == UInt8(ascii: "*") {
            guard target.length == 1 else { throw .targetInvalid }
            targetForm = .asterisk
            path = target
            isPathImplied = false
            return
        }
        guard let start = Self.endOfScheme(bytes, target) else { throw .targetInvalid }
        var position = start
        while position < target.end, !Self.endsAuthority(bytes[Int(position)]) {
            position &+= 1
        }
        host = ByteRange(start, position)
        guard Authority.isValid(bytes, host) else { throw .authorityInvalid }
        targetForm = .absolute
        path = ByteRange(position, target.end)
        isPathImplied = path.isEmpty || bytes[Int(position)] != UInt8(ascii: "/")
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?")
    }

    /// The position behind `http://` or `https://`, in either case of letters.
    private static func endOfScheme(_ bytes: Span<UInt8>, _ target: ByteRange) -> UInt32? {
        let word = bytes.word(at: target.start)
        guard word.prefix(4).lowercased.prefix(4) == ByteWord("h", "t", "t", "p") else {
            return nil
        }
        let isSecure = word.prefix(5).bits >> 32 | 0x20 == UInt64(UInt8(ascii: "s"))
        let start = target.start &+ (isSecure ? 5 : 4)
        guard bytes.word(at: start).prefix(3) == ByteWord(":", "/", "/"), start &+ 3 < target.end
        else { return nil }
        return start &+ 3
    }
}

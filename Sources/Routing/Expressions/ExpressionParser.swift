/// What a regular expression is made of.
indirect enum ExpressionNode {
    case set(ByteSet)
    case sequence([ExpressionNode])
    case choice([ExpressionNode])
    case capture(Int, ExpressionNode)
    /// `most` is nil for any number.
    case repetition(ExpressionNode, least: Int, most: Int?, isLazy: Bool)
}

/// Reads a regular expression by recursive descent, no deeper than `RouteLimits.groupDepthMax`.
struct ExpressionParser {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var captures = 0
    private(set) var ignoresCase = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parse() throws(PatternError) -> ExpressionNode {
        if skip("(?i)") { ignoresCase = true }
        _ = skip("^")
        let node = try choice(depth: 0)
        guard position == bytes.count else { throw fault(.group) }
        return node
    }

    private mutating func choice(depth: Int) throws(PatternError) -> ExpressionNode {
        guard depth <= RouteLimits.groupDepthMax else { throw fault(.depth) }
        var branches = [try sequence(depth: depth)]
        while skip("|") { branches.append(try sequence(depth: depth)) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence(depth: Int) throws(PatternError) -> ExpressionNode {
        var parts: [ExpressionNode] = []
        while let byte = peek, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            if byte == .dollar, position == bytes.count - 1, depth == 0 {
                position += 1
                break
            }
            let atom = try atom(depth: depth)
            parts.append(try repeated(atom))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func atom(depth: Int) throws(PatternError) -> ExpressionNode {
        let start = position
        guard let byte = take() else { throw fault(.group) }
        switch byte {
        case UInt8(ascii: "("): return try group(depth: depth)
        case UInt8(ascii: "["): return .set(try characterClass(from: start))
        case UInt8(ascii: "\\"): return .set(try escape())
        case .dot: return .set(.all)
        case .asterisk, .plus, UInt8(ascii: "?"), UInt8(ascii: "{"):
            throw .expression(.repetition, at: start)
        case .dollar, UInt8(ascii: "^"): throw .expression(.anchor, at: start)
        default: return .set(ByteSet(byte...byte))
        }
    }

    private mutating func group(depth: Int) throws(PatternError) -> ExpressionNode {
        let start = position - 1
        var number: Int?
        if skip("?") {
            guard skip(":") else { throw fault(.groupKind) }
        } else {
            guard captures < RouteLimits.capturesMax else { throw fault(.captures) }
            captures += 1
            number = captures
        }
        let node = try choice(depth: depth + 1)
        guard skip(")") else { throw .expression(.group, at: start) }
        return number.map { .capture($0, node) } ?? node
    }

    private mutating func repeated(_ atom: ExpressionNode) throws(PatternError) -> ExpressionNode {
        guard let (least, most) = try count() else { return atom }
        let isLazy = skip("?")
        guard let byte = peek else {
            return .repetition(atom, least: least, most: most, isLazy: isLazy)
        }
        guard ![.asterisk, .plus, UInt8(ascii: "?"), UInt8(ascii: "{")].contains(byte) else {
            throw fault(.repetition)
        }
        return .repetition(atom, least: least, most: most, isLazy: isLazy)
    }

    private mutating func count() throws(PatternError) -> (Int, Int?)? {
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        guard skip("{") else { return nil }
        let start = position - 1
        guard let least = number() else { throw .expression(.count, at: start) }
        var most: Int? = least
        if skip(",") { most = number() }
        let isOpen = most == nil
        guard skip("}"), isOpen || least <= (most ?? 0),
            max(least, most ?? 0) <= RouteLimits.repetitionsMax
        else { throw .expression(.count, at: start) }
        return (least, most)
    }

    /// At most three digits, so it cannot overflow.
    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while let byte = peek, byte.isDigit, position - start < 3 {
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            position += 1
        }
        return position == start ? nil : value
    }

    /// The class whose `[` stood at `start`. A `]` right behind `[` or `[^` is a member.
    private mutating func characterClass(from start: Int) throws(PatternError) -> ByteSet {
        let wrong = PatternError.expression(.characterClass, at: start)
        let isInverted = skip("^")
        var set = ByteSet()
        var isFirst = true
        while true {
            guard let byte = peek else { throw wrong }
            if byte == UInt8(ascii: "]"), !isFirst { break }
            isFirst = false
            let low = try member(wrong)
            guard peek == UInt8(ascii: "-"), position + 1 < bytes.count,
                bytes[position + 1] != UInt8(ascii: "]")
            else {
                set.formUnion(low)
                continue
            }
            position += 1
            let high = try member(wrong)
            guard let first = low.onlyByte, let last = high.onlyByte, first <= last else {
                throw wrong
            }
            set.formUnion(ByteSet(first...last))
        }
        position += 1
        guard isInverted else { return set }
        // Both cases are left out before the rest is taken, which holds all bytes outside ASCII.
        return (ignoresCase ? set.ignoringCase : set).inverted
    }

    private mutating func member(_ wrong: PatternError) throws(PatternError) -> ByteSet {
        guard let byte = take(), byte < 0x80 else { throw wrong }
        return byte == .backslash ? try escape() : ByteSet(byte...byte)
    }

    /// What the byte behind a `\` makes of it.
    private mutating func escape() throws(PatternError) -> ByteSet {
        let start = position - 1
        guard let byte = take() else { throw .expression(.escape, at: start) }
        switch byte {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "D"): return ByteSet.digits.inverted
        case UInt8(ascii: "w"): return .wordCharacters
        case UInt8(ascii: "W"): return ByteSet.wordCharacters.inverted
        case UInt8(ascii: "s"): return .whitespace
        case UInt8(ascii: "S"): return ByteSet.whitespace.inverted
        default:
            guard byte < 0x80, !byte.isLetter, !byte.isDigit else {
                throw .expression(.escape, at: start)
            }
            return ByteSet(byte...byte)
        }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func skip(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private func fault(_ fault: ExpressionFault) -> PatternError {
        .expression(fault, at: min(position, bytes.count - 1))
    }
}

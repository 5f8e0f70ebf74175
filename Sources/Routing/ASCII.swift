/// The bytes that have a meaning in hosts, paths and patterns.
extension UInt8 {
    static let ampersand = UInt8(ascii: "&")
    static let asterisk = UInt8(ascii: "*")
    static let backslash = UInt8(ascii: "\\")
    static let colon = UInt8(ascii: ":")
    static let dollar = UInt8(ascii: "$")
    static let dot = UInt8(ascii: ".")
    static let equals = UInt8(ascii: "=")
    static let percent = UInt8(ascii: "%")
    static let plus = UInt8(ascii: "+")
    static let semicolon = UInt8(ascii: ";")
    static let slash = UInt8(ascii: "/")
    static let space = UInt8(ascii: " ")

    /// `A`...`Z` become `a`...`z`; every other byte stays.
    @inline(__always)
    var lowercased: UInt8 {
        self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
    }

    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

    /// What RFC 3986 section 2.3 calls unreserved: written plainly or escaped, it is the same URI.
    var isUnreserved: Bool {
        isLetter || isDigit || self == UInt8(ascii: "-") || self == .dot
            || self == UInt8(ascii: "_") || self == UInt8(ascii: "~")
    }

    /// A character of a token (RFC 9110 section 5.6.2): of methods, header and cookie names.
    var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), .dollar, .percent, .ampersand,
            UInt8(ascii: "'"), .asterisk, .plus, UInt8(ascii: "-"), .dot, UInt8(ascii: "^"),
            UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: isDigit || isLetter
        }
    }

    /// The value of a hexadecimal digit of either case.
    var hexValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Span<UInt8> {
    /// The byte that `%` and two hexadecimal digits from `position` on stand for; nil where there
    /// are none.
    func escapedByte(at position: Int) -> UInt8? {
        guard position + 2 < count, self[position] == .percent,
            let high = self[position + 1].hexValue, let low = self[position + 2].hexValue
        else { return nil }
        return high << 4 | low
    }

    /// Whether both hold the same bytes.
    @inline(__always)
    func spells(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var differences: UInt8 = 0
        for index in indices { differences |= self[index] ^ other[index] }
        return differences == 0
    }
}

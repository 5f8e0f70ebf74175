/// A domain name: labels of 1 to 63 bytes, at most 255 bytes with their lengths (RFC 1035 sections
/// 2.3.4 and 3.1).
///
/// Any byte may be in a label. Names compare without regard to the case of ASCII letters (RFC
/// 4343), but keep the case that they came with.
package struct DomainName: Sendable {
    /// Bytes of the longest name as it travels.
    package static let bytesMax = 255
    /// Bytes of the longest label, its length not counted.
    package static let labelBytesMax = 63

    /// The top of the tree, written `.`.
    package static let root = DomainName(wire: [0])

    /// The name as it travels without compression: each label behind its length, and then a zero.
    package let wire: [UInt8]

    /// A name from bytes that are known to be right.
    init(wire: [UInt8]) {
        self.wire = wire
    }

    /// The name that `text` spells, always taken to be complete: `example.com` and `example.com.`
    /// are the same. A backslash takes a special meaning away from the next character, or with
    /// three decimal digits stands for a byte (RFC 1035 section 5.1). Nil when the text spells no
    /// name, or has a character that is neither visible nor ASCII: names of other scripts come in
    /// their ASCII form, `xn--…`.
    package init?(_ text: some StringProtocol) {
        if text == "." {
            self = .root
            return
        }
        var wire: [UInt8] = []
        var label: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: ".") {
                guard Self.append(label, to: &wire) else { return nil }
                label = []
            } else if byte == UInt8(ascii: "\\") {
                guard let escaped = Self.takeEscaped(&rest) else { return nil }
                label.append(escaped)
            } else {
                guard (0x21...0x7E).contains(byte) else { return nil }
                label.append(byte)
            }
        }
        if !label.isEmpty {
            guard Self.append(label, to: &wire) else { return nil }
        }
        guard !wire.isEmpty else { return nil }
        self.init(wire: wire + [0])
    }

    /// Appends a label; false when it may not be one or the name grows too long.
    private static func append(_ label: [UInt8], to wire: inout [UInt8]) -> Bool {
        guard (1...labelBytesMax).contains(label.count),
            wire.count + label.count + 2 <= bytesMax
        else { return false }
        wire.append(UInt8(label.count))
        wire.append(contentsOf: label)
        return true
    }

    private static func takeEscaped(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        guard let first = rest.popFirst() else { return nil }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard digits.contains(first) else { return (0x20...0x7E).contains(first) ? first : nil }
        guard rest.count >= 2, rest.prefix(2).allSatisfy(digits.contains) else { return nil }
        var value = Int(first - digits.lowerBound)
        for _ in 0..<2 {
            guard let digit = rest.popFirst() else { return nil }
            value = value * 10 + Int(digit - digits.lowerBound)
        }
        return UInt8(exactly: value)
    }

    /// The labels from the left, without the root's empty one.
    package var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var index = 0
        while index < wire.count, wire[index] > 0 {
            let end = index + 1 + Int(wire[index])
            labels.append(wire[index + 1..<end])
            index = end
        }
        return labels
    }

    package var isRoot: Bool { wire.count == 1 }

    /// The name under `suffix`, or nil when that would be too long.
    package func appending(_ suffix: DomainName) -> DomainName? {
        guard wire.count - 1 + suffix.wire.count <= Self.bytesMax else { return nil }
        return DomainName(wire: wire.dropLast() + suffix.wire)
    }

    /// Whether this is `ancestor` or a name under it.
    package func isWithin(_ ancestor: DomainName) -> Bool {
        var index = 0
        while wire.count - index > ancestor.wire.count { index += 1 + Int(wire[index]) }
        let end = wire[index...]
        return end.count == ancestor.wire.count
            && zip(end, ancestor.wire).allSatisfy { Self.folded($0) == Self.folded($1) }
    }

    /// The byte with ASCII letters made small. No length is a letter: lengths end at 63.
    static func folded(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension DomainName: Hashable {
    package static func == (left: DomainName, right: DomainName) -> Bool {
        left.wire.count == right.wire.count
            && zip(left.wire, right.wire).allSatisfy { folded($0) == folded($1) }
    }

    package func hash(into hasher: inout Hasher) {
        for byte in wire { hasher.combine(Self.folded(byte)) }
    }
}

extension DomainName: Comparable {
    /// By their bytes as they travel, which is not the order of DNSSEC.
    package static func < (left: DomainName, right: DomainName) -> Bool {
        left.wire.lazy.map(folded).lexicographicallyPrecedes(right.wire.lazy.map(folded))
    }
}

extension DomainName: CustomStringConvertible {
    /// Without the last dot, except for the root; what is no visible ASCII is escaped.
    package var description: String {
        isRoot ? "." : labels.map(Self.text).joined(separator: ".")
    }

    private static func text(_ label: ArraySlice<UInt8>) -> String {
        var text = ""
        for byte in label {
            if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "\\") {
                text += "\\"
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else if (0x21...0x7E).contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let number = String(byte)
                text += "\\" + String(repeating: "0", count: 3 - number.utf8.count) + number
            }
        }
        return text
    }
}

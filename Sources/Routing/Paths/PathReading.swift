/// Ways in which some servers read a path otherwise than it is written.
///
/// What is matched is the path as it came, with nothing but the equivalences of RFC 3986 section
/// 6.2.2 applied: escapes of unreserved characters are those characters, hexadecimal digits are in
/// upper case. And what the backend gets is the path as it came. So a rule decides by what the
/// backend sees, unless the backend reads more into it. nginx matches `location` by a path that it
/// decodes, resolves and whose slashes it merges, and mostly forwards the original; HAProxy
/// matches the bytes unless `http-request normalize-uri` is asked for; Envoy matches the bytes
/// unless `normalize_path` and `merge_slashes` are on. Each difference to the backend has been a
/// way past a rule: `/public/../admin` (CVE-2019-9901), `//admin` (CVE-2021-31920),
/// `/admin%2Fusers` (CVE-2021-29492), `/public/..;/admin` (Tomcat behind nginx).
///
/// Therefore:
/// - A segment `.` or `..`, however it is spelt, is refused: clients resolve them before they ask.
/// - A path that can be read in one of the ways below is matched in every such reading, alone and
///   together; if they do not all lead to the same rule, it is refused as ambiguous, otherwise it
///   passes as it came. So `/projects/a%2Fb` works behind one rule for `/projects`, and `//admin`
///   does not slip past a rule for `/admin`.
///
/// Not covered: servers that decode twice (`%252F`) or ignore case.
package struct PathReading: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Slashes behind one another are one: nginx, Apache, Go's ServeMux.
    package static let mergedSlashes = PathReading(rawValue: 1)
    /// `%2F`, `%5C` and `\` are slashes: whoever decodes before splitting; IIS.
    package static let escapedSlashes = PathReading(rawValue: 2)
    /// `;` and what follows it in a segment is no part of it: servlet containers.
    package static let withoutParameters = PathReading(rawValue: 4)

    /// All readings.
    static let every: PathReading = [.mergedSlashes, .escapedSlashes, .withoutParameters]
}

/// Why a request is refused for its path; it is answered with 400.
package enum PathRefusal: Hashable, Sendable {
    /// A segment `.` or `..`, plain or with escapes, or with parameters behind it.
    case dotSegment
    /// `%` without two hexadecimal digits behind it.
    case escape
    /// `%00`, where a server written in C takes the path to end.
    case zero
    /// Its readings lead to different rules; in a pattern or a rewritten path, it has several.
    case ambiguous
    /// It is longer than the space that the caller gave for its readings.
    case noRoom
}

extension PathRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .dotSegment: "it has a segment . or .."
        case .escape: "it has % without two hexadecimal digits"
        case .zero: "it has an escaped zero"
        case .ambiguous: "servers read it in different ways"
        case .noRoom: "it is too long to be compared"
        }
    }
}

/// What a look at a path says.
package enum PathVerdict: Hashable, Sendable {
    /// There is one reading, the path itself: the case of nearly all requests.
    case plain
    /// It must be brought into its normal form, or it has these other readings too, or both.
    case variant(PathReading)
    /// It is refused whatever the rules are.
    case refused(PathRefusal)
}

extension PathReading {
    /// Which readings a path, which begins with `/`, has, or why it has none. Any bytes are
    /// accepted.
    package static func verdict(on path: Span<UInt8>) -> PathVerdict {
        isPlain(path) ? .plain : closerVerdict(on: path)
    }

    /// Whether nothing in it can be read otherwise. A segment that begins with a dot is looked at
    /// more closely.
    private static func isPlain(_ path: Span<UInt8>) -> Bool {
        var found: UInt64 = 0
        var lastWasSlash: UInt64 = 0
        for position in stride(from: 0, to: UInt32(truncatingIfNeeded: path.count), by: 8) {
            let word = path.word(at: position)
            let slashes = word.marks(.slash)
            let behindSlashes = slashes &<< 8 | lastWasSlash
            lastWasSlash = slashes &>> 56
            found |= word.marks(.percent) | word.marks(.backslash) | word.marks(.semicolon)
            found |= behindSlashes & (slashes | word.marks(.dot))
        }
        return found == 0
    }

    @inline(never)
    private static func closerVerdict(on path: Span<UInt8>) -> PathVerdict {
        var scan = PathScan()
        var position = 0
        while position < path.count {
            if path[position] != .percent {
                scan.add(path[position], isEscaped: false)
                position += 1
                continue
            }
            guard let byte = path.escapedByte(at: position) else { return .refused(.escape) }
            guard byte != 0 else { return .refused(.zero) }
            scan.add(byte, isEscaped: true)
            let isUppercase =
                path[position + 1] == hexDigit(byte >> 4)
                && path[position + 2] == hexDigit(byte & 15)
            if !isUppercase { scan.needsWriting = true }
            position += 3
        }
        scan.endSegment()
        if scan.hasDotSegment { return .refused(.dotSegment) }
        return scan.readings.isEmpty && !scan.needsWriting ? .plain : .variant(scan.readings)
    }

    /// Writes a path as it is in one reading, in normal form, and returns how many bytes that
    /// took: never more than the path has. It returns nil when `output` is too short from `start`
    /// on. The path must have passed `verdict(on:)`.
    package func write(
        _ path: Span<UInt8>, to output: inout MutableSpan<UInt8>, from start: Int = 0
    ) -> Int? {
        guard path.count <= output.count - start else { return nil }
        var end = start
        var position = 0
        var isParameter = false
        while position < path.count {
            let escaped = path.escapedByte(at: position)
            let byte = escaped ?? path[position]
            defer { position += escaped == nil ? 1 : 3 }
            if separates(byte, isEscaped: escaped != nil) {
                isParameter = false
                if contains(.mergedSlashes), end > start, output[end - 1] == .slash { continue }
                output[end] = .slash
                end += 1
            } else if isParameter {
                continue
            } else if contains(.withoutParameters), path[position] == .semicolon {
                isParameter = true
            } else if escaped != nil, !byte.isUnreserved {
                output[end] = .percent
                output[end + 1] = Self.hexDigit(byte >> 4)
                output[end + 2] = Self.hexDigit(byte & 15)
                end += 3
            } else {
                output[end] = byte
                end += 1
            }
        }
        return end - start
    }

    private func separates(_ byte: UInt8, isEscaped: Bool) -> Bool {
        if byte == .slash && !isEscaped { return true }
        return contains(.escapedSlashes) && (byte == .slash || byte == .backslash)
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    /// A path as it is in this reading: `write` for what happens seldom.
    func text(of path: Span<UInt8>) -> String {
        var output = [UInt8](repeating: 0, count: path.count)
        var span = output.mutableSpan
        let count = write(path, to: &span) ?? 0
        return String(decoding: output[..<count], as: UTF8.self)
    }

    /// This reading and every part of it, none among them: the ways to read a path of which
    /// `verdict` says this.
    var combinations: [PathReading] {
        (0...Self.every.rawValue).map(PathReading.init).filter(isSuperset)
    }

    /// Whether a path may have this byte: a `pchar` of RFC 3986 section 3.3 or `/`, or `\` and
    /// the like that clients send nevertheless, but nothing that ends a path.
    static func isAllowed(_ byte: UInt8) -> Bool {
        byte > .space && byte < 0x7F && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
    }
}

/// What has been seen of a path so far, a decoded byte after another.
private struct PathScan {
    var readings: PathReading = []
    var hasDotSegment = false
    var needsWriting = false
    /// How many bytes of the segment count, up to its parameters, and whether all were dots.
    private var length = 0
    private var isDots = true
    private var isParameter = false
    private var isFirst = true

    mutating func add(_ byte: UInt8, isEscaped: Bool) {
        if byte == .slash || byte == .backslash {
            if isEscaped || byte == .backslash { readings.insert(.escapedSlashes) }
            // Nothing stands before the first slash of a path, ever.
            if length == 0 && !isFirst { readings.insert(.mergedSlashes) }
            isFirst = false
            endSegment()
            return
        }
        if isEscaped && byte.isUnreserved { needsWriting = true }
        if byte == .semicolon {
            if !isEscaped { readings.insert(.withoutParameters) }
            isParameter = true
        }
        guard !isParameter else { return }
        length += 1
        if byte != .dot { isDots = false }
    }

    mutating func endSegment() {
        if isDots && (length == 1 || length == 2) { hasDotSegment = true }
        length = 0
        isDots = true
        isParameter = false
    }
}

/// What a rule makes of a path before the backend gets it: another prefix, or a template that the
/// captures of the rule's path fill in. The query stays as it is.
///
/// It works with the path that the rule matched: the one that came, or its normal form if
/// `RouteChoice` says so. A value belongs to one thread.
package struct PathRewrite: Sendable {
    private enum Plan: Sendable {
        /// Puts another prefix, without a `/` at its end, before what stands behind so many bytes.
        case prefix([UInt8], matched: Int)
        case template([TemplatePart])
    }

    private let plan: Plan
    private let path: PathPattern?
    private let expression: RegularExpression?
    private var machine: ExpressionMachine

    /// A template, as of ingress-nginx's `rewrite-target`: `$1`...`$9` are what `path` captured
    /// (nothing, if a group took no part), `$$` is `$`, all else stands for itself.
    ///
    /// A path `/api/*` captures as `$1` what stands behind `/api/`; a regular expression its
    /// groups; no path at all what stands behind the first `/`.
    package init(template: String, path: PathPattern?) throws(PatternError) {
        let parts = try TemplatePart.parse(template)
        for case .capture(let number) in parts where number > path?.captures ?? 1 {
            throw .captureMissing(number)
        }
        self.init(plan: .template(parts), path: path)
    }

    /// Another prefix in the place of the one that `path` matches, as the Kubernetes Gateway API's
    /// `ReplacePrefixMatch` has it: for `/foo`, `/foo/bar` becomes `/xyz/bar` by `/xyz` or `/xyz/`,
    /// and `/bar` by `/` or nothing. Of an exact path, all is replaced.
    ///
    /// There is no prefix in a regular expression: that throws `pathWildcard`.
    package init(prefix replacement: String, path: PathPattern?) throws(PatternError) {
        let prefix = replacement.isEmpty ? "" : try PathPattern.prefix(replacement).text
        if case .expression = path?.kind { throw .pathWildcard }
        self.init(
            plan: .prefix(Array(prefix.utf8), matched: path?.text.utf8.count ?? 0), path: path)
    }

    private init(plan: Plan, path: PathPattern?) {
        self.plan = plan
        self.path = path
        var expression: RegularExpression?
        if case .expression(let found) = path?.kind { expression = found }
        self.expression = expression
        machine = ExpressionMachine(
            instructionsMax: expression?.program.count ?? 0, capturing: true)
    }

    /// Writes what becomes of `path`, which the rule must have matched, to the start of `output`
    /// and returns how many bytes that took. Nothing else may be read from `output`.
    ///
    /// What is no path, or could be read in several ways, is refused: captures that meet in a new
    /// place can make `..` or `//` of harmless parts.
    package mutating func write(
        _ path: Span<UInt8>, to output: inout MutableSpan<UInt8>
    ) throws(RewriteError) -> Int {
        let count: Int?
        switch plan {
        case .prefix(let prefix, let matched):
            count = Self.write(prefix, path, behind: matched, to: &output)
        case .template(let parts):
            guard capture(path) else { throw .notMatched }
            count = write(parts, path, to: &output)
        }
        guard let count else { throw .noRoom }
        try Self.check(output.span.extracting(0..<count))
        return count
    }

    private static func write(
        _ prefix: [UInt8], _ path: Span<UInt8>, behind matched: Int,
        to output: inout MutableSpan<UInt8>
    ) -> Int? {
        let rest = path.extracting(min(matched, path.count)..<path.count)
        guard let middle = output.write(prefix.span, at: 0),
            let end = output.write(rest, at: middle)
        else { return nil }
        return end == 0 ? output.write([UInt8.slash].span, at: 0) : end
    }

    private mutating func capture(_ path: Span<UInt8>) -> Bool {
        guard let expression else { return true }
        return machine.matches(expression.program.span, sets: expression.sets.span, path)
    }

    private func write(
        _ parts: [TemplatePart], _ path: Span<UInt8>, to output: inout MutableSpan<UInt8>
    ) -> Int? {
        var end = 0
        for part in parts {
            let next: Int?
            switch part {
            case .literal(let bytes): next = output.write(bytes.span, at: end)
            case .capture(let number):
                next = output.write(path.extracting(captured(number, in: path)), at: end)
            }
            guard let next else { return nil }
            end = next
        }
        return end
    }

    private func captured(_ number: Int, in path: Span<UInt8>) -> Range<Int> {
        if expression != nil { return machine.captured(number) ?? 0..<0 }
        let start = min((self.path?.text.utf8.count ?? 0) + 1, path.count)
        return start..<path.count
    }

    private static func check(_ path: Span<UInt8>) throws(RewriteError) {
        guard !path.isEmpty, path[0] == .slash else { throw .notAPath }
        for index in path.indices where !PathReading.isAllowed(path[index]) { throw .notAPath }
        guard path.count == 1 || path[1] != .slash else { throw .refused(.ambiguous) }
        if case .refused(let refusal) = PathReading.verdict(on: path) { throw .refused(refusal) }
    }
}

/// Why a path was not rewritten. The request is answered with 400 for `refused`, with 500 for
/// `notAPath`, which is the configuration's fault, and with 414 for `noRoom`.
package enum RewriteError: Error, Hashable, Sendable {
    /// The result does not fit.
    case noRoom
    /// The result does not begin with `/`, or has a byte that no path has.
    case notAPath
    /// The result has a segment `.` or `..`, begins with `//` or has broken escapes.
    case refused(PathRefusal)
    /// The rule does not match the path that was given.
    case notMatched
}

/// A piece of a template.
private enum TemplatePart: Sendable {
    case literal([UInt8])
    case capture(Int)

    static func parse(_ text: String) throws(PatternError) -> [TemplatePart] {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= RouteLimits.pathBytesMax else {
            throw .tooLong(limit: RouteLimits.pathBytesMax)
        }
        var parts: [TemplatePart] = []
        var literal: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard PathReading.isAllowed(byte) else { throw .pathByte(byte) }
            guard byte == .dollar else {
                literal.append(byte)
                continue
            }
            guard let next = rest.popFirst() else { throw .templateDollar }
            if next == .dollar {
                literal.append(next)
            } else if next.isDigit, next != UInt8(ascii: "0") {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = []
                parts.append(.capture(Int(next - UInt8(ascii: "0"))))
            } else {
                throw .templateDollar
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        if case .literal(let first) = parts.first, first.first != .slash { throw .pathStart }
        return parts
    }
}

extension MutableSpan<UInt8> {
    /// Copies `bytes` to `start` and returns where they end; nil if they do not fit.
    fileprivate mutating func write(_ bytes: Span<UInt8>, at start: Int) -> Int? {
        guard bytes.count <= count - start else { return nil }
        for index in bytes.indices { self[start + index] = bytes[index] }
        return start + bytes.count
    }
}

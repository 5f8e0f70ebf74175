/// A regular expression over bytes that always matches a whole text, in time that grows with the
/// text's length and not faster.
///
/// Swift's own `Regex` goes back and tries again, so that one short pattern can take minutes over
/// one hostile header. This is Thompson's construction ("Regular expression search algorithm", CACM
/// 11, 1968) instead: an `Automaton` answers whether a text matches, and what its groups took is
/// found by Pike's simulation in `ExpressionMachine` (Cox, "Regular Expression Matching: the
/// Virtual Machine Approach", 2009), as in RE2.
///
/// What it knows, as Perl has it: bytes for themselves, `.` for any byte, classes `[a-z]` and
/// `[^a-z]` of ASCII, `\d \D \w \W \s \S`, `\` before punctuation, groups `(…)` numbered and
/// `(?:…)` not, `|`, `*`, `+`, `?`, `{m}`, `{m,}` and `{m,n}` up to 255, each lazy with a `?`
/// behind it, and `(?i)` at the start for either case of ASCII letters. `^` at the start and `$` at
/// the end say what holds anyway. There are no back references and no looking around.
package struct RegularExpression: Hashable, Sendable {
    /// The expression as it was written.
    package let text: String
    /// How many numbered groups it has.
    package let captures: Int
    let program: [Instruction]
    let sets: [ByteSet]
    let automaton: Automaton

    /// The expression that `text` spells.
    package init(_ text: String) throws(PatternError) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= RouteLimits.expressionBytesMax else {
            throw .tooLong(limit: RouteLimits.expressionBytesMax)
        }
        var parser = ExpressionParser(Array(text.utf8))
        let node = try parser.parse()
        var compiler = ExpressionCompiler(ignoresCase: parser.ignoresCase)
        guard compiler.compile(node) else {
            throw .expression(.size, at: text.utf8.count - 1)
        }
        guard let automaton = Automaton(compiler.program, sets: compiler.sets) else {
            throw .expression(.states, at: text.utf8.count - 1)
        }
        self.automaton = automaton
        self.text = text
        captures = parser.captures
        program = compiler.program
        sets = compiler.sets
    }

    package static func == (left: RegularExpression, right: RegularExpression) -> Bool {
        left.text == right.text
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(text)
    }

    /// Whether it matches all of `text`.
    package func matches(_ text: Span<UInt8>) -> Bool {
        Automaton.accepts(
            text, classes: automaton.classes.span, table: automaton.table.span,
            columns: automaton.columns)
    }
}

/// A step of the machine. Places are positions in the program.
enum Instruction: BitwiseCopyable, Hashable, Sendable {
    /// Takes this byte.
    case byte(UInt8)
    /// Takes a byte of the set with this number.
    case set(UInt16)
    /// Goes on at both places; what the first leads to is preferred.
    case split(UInt16, UInt16)
    case jump(UInt16)
    /// Notes where in the text it is.
    case save(UInt8)
    case match
}

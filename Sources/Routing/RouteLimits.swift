/// How large a set of routes and its patterns may be. Whatever is larger is refused when it is
/// read, never cut.
package enum RouteLimits {
    /// Rules in one set, that is, on one listener.
    package static let rulesMax = 10_000
    /// Rules of one host pattern whose path is a regular expression: each is tried, one after
    /// another, at some 20 ns for one that soon fails and 2 us for each 1,000 bytes that it reads.
    package static let pathExpressionsMax = 64
    /// Entries in the tables of all different regular expressions of one set together, in paths
    /// and fields; an entry has two bytes.
    package static let entriesMax = 1_048_576
    /// Entries in the table of one regular expression: states, each with an entry for every class
    /// of bytes that the expression tells apart.
    package static let automatonEntriesMax = 65_536
    /// Instructions of one regular expression, after `{m,n}` has been written out.
    package static let expressionInstructionsMax = 512
    /// Bytes of the text of one regular expression.
    package static let expressionBytesMax = 512
    /// How deep groups may stand in one another.
    package static let groupDepthMax = 16
    /// Numbered groups of one regular expression, `$1`...`$9`.
    package static let capturesMax = 9
    /// The largest number in `{m,n}`.
    package static let repetitionsMax = 255
    /// Bytes of a host name (RFC 1035 section 2.3.4).
    package static let hostBytesMax = 253
    /// Bytes of one label of a host name.
    package static let labelBytesMax = 63
    /// Bytes of an exact path, of a prefix or of a rewriting template.
    package static let pathBytesMax = 1_024
    /// Bytes of a method's, header's, cookie's or query parameter's name.
    package static let nameBytesMax = 64
    /// Bytes of an exact value or of one with wildcards.
    package static let valueBytesMax = 256
    /// Methods, headers, query parameters, cookies or networks of one rule, each.
    package static let conditionsMax = 16
    /// Bytes that a query parameter's value may have without its escapes; the value of a longer
    /// one counts as present and satisfies nothing else.
    package static let queryValueBytesMax = 1_024
    /// An explicit priority is between the negative of this and this.
    package static let priorityMax = 1_000_000
}

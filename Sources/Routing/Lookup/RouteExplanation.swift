/// Why a request goes where it goes, for `skein route`.
package struct RouteExplanation: Hashable, Sendable {
    /// What becomes of the request.
    package let choice: RouteChoice
    /// The path that the rules were tried with: in normal form.
    package let path: String
    /// The rules that come before the chosen one, or all if none was chosen, in the order in which
    /// they count, with what each asks for in vain. Of those for other hosts only the number is
    /// told.
    package let rejected: [RejectedRule]
    /// How many of the rules before the chosen one are for other hosts.
    package let otherHosts: Int
    /// How many more were rejected than are listed.
    package let omitted: Int
    /// If the path was refused as ambiguous, what each of its readings would lead to.
    package let readings: [ReadRule]

    /// Rejected rules that are listed.
    package static let rejectedMax = 100
}

/// A rule that does not match, and what is missing first.
package struct RejectedRule: Hashable, Sendable {
    /// Its position in the configuration.
    package let rule: Int
    package let reason: RouteMismatch
}

/// A path as some servers read it, and the rule that it would match.
package struct ReadRule: Hashable, Sendable {
    package let path: String
    package let rule: Int?
}

/// What of a rule does not hold for a request.
package enum RouteMismatch: Hashable, Sendable {
    case host
    case path
    case method
    case network
    /// The name of the header, which is absent or has no value that would do.
    case header(String)
    case query(String)
    case cookie(String)
}

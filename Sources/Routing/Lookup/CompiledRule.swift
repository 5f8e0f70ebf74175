/// Some consecutive elements of an array that all rules of a set share.
struct Stretch: BitwiseCopyable {
    var start: UInt32 = 0
    var count: UInt32 = 0

    @inline(__always)
    var range: Range<Int> { Int(start)..<Int(start) &+ Int(count) }
}

/// A rule whose host and path have been found.
struct CompiledRule: BitwiseCopyable {
    /// Nothing else is left to try.
    static let unconditional = UInt32.max

    /// The rule's place in the configuration.
    var index: UInt32
    /// What is left to try, as a place among all conditions, or `unconditional`.
    var conditions = CompiledRule.unconditional
}

/// What a rule asks for besides its host and path, unless the path is an expression.
struct RuleConditions: BitwiseCopyable {
    var pathExpression: CompiledExpression?
    var methods = Stretch()
    var networks = Stretch()
    var fields = Stretch()

    var isEmpty: Bool {
        pathExpression == nil && methods.count == 0 && networks.count == 0 && fields.count == 0
    }
}

/// A regular expression in the arrays of its set.
struct CompiledExpression: BitwiseCopyable {
    /// 256 of the set's bytes.
    var classes: Stretch
    var table: Stretch
    var columns: UInt16
}

/// A condition on a header, a query parameter or a cookie.
struct CompiledField: BitwiseCopyable {
    enum Place: BitwiseCopyable {
        case header
        case query
        case cookie
    }

    enum Test: BitwiseCopyable {
        case present
        case exact(Stretch)
        case wildcard(Stretch)
        case expression(CompiledExpression)
    }

    var place: Place
    var name: Stretch
    var test: Test
}

/// Rules as positions in the order of precedence, ascending.
struct RuleList: BitwiseCopyable {
    /// The position if there is one, as there mostly is, otherwise where in `lists` they start.
    var start: UInt32 = 0
    var count: UInt32 = 0
}

/// Rules of one host and one path.
struct PathNode: BitwiseCopyable {
    /// Rules for exactly this path.
    var exact = RuleList()
    /// Rules for it and all below it.
    var prefix = RuleList()
    /// This node or the nearest above it that has prefix rules; `SegmentTree.none` if none has.
    var nearest = SegmentTree.none
    /// The nearest above this one that has prefix rules.
    var next = SegmentTree.none
    /// The earliest prefix rule here and above.
    var earliest = SegmentTree.none
    /// Whether there is anything below it.
    var hasChildren = false
}

/// The rules of one host pattern.
struct HostScope: BitwiseCopyable {
    /// The root of its paths.
    var root: UInt32
    /// Rules whose path is a regular expression.
    var expressions = RuleList()
    /// The less specific pattern that matches the same hosts; `SegmentTree.none` at the end.
    var next = SegmentTree.none
    /// The earliest rule of this pattern and of all that follow.
    var earliest = SegmentTree.none
}

/// What a place in the tree of hosts leads to.
struct HostNode: BitwiseCopyable {
    /// The scope of this host itself, if there are rules for it.
    var exact = SegmentTree.none
    /// The scope of the nearest `*.` pattern that has this name, or one above it, as its rest;
    /// or that for any host.
    var wildcard = SegmentTree.none
    /// The same for this host itself, which its own `*.` pattern does not match.
    var less = SegmentTree.none
}

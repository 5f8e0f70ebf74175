internal import Primitives

/// Makes the tables of a set of routes.
struct RouteTableBuilder {
    private var tables = RouteTables()
    private var scopeOf: [HostPattern: Int] = [:]
    /// By their texts: many rules may ask for the same.
    private var expressions: [String: CompiledExpression] = [:]
    /// The lists of each place and scope, before they are put behind one another.
    private var exactLists: [UInt32: [UInt32]] = [:]
    private var prefixLists: [UInt32: [UInt32]] = [:]
    private var expressionLists: [[UInt32]] = []
    /// The place above each place of a tree of paths.
    private var parents: [UInt32: UInt32] = [:]
    /// The rest of each `*.` pattern and each host, as places in the tree of hosts.
    private var hostParents: [UInt32: UInt32] = [:]
    private var exactScopes: [UInt32: UInt32] = [:]
    private var wildcardScopes: [UInt32: UInt32] = [:]
    private var earliestOfScope: [UInt32] = []

    /// The tables for rules that come in the order of precedence.
    mutating func build(
        _ ordered: [(index: Int, rule: RouteRule)]
    ) throws(RouteSetError) -> RouteTables {
        tables.hostRoot = tables.segments.addRoot()
        for (position, entry) in ordered.enumerated() {
            try add(entry.rule, index: entry.index, position: UInt32(position))
        }
        linkPaths()
        linkHosts()
        return tables
    }

    private mutating func add(
        _ rule: RouteRule, index: Int, position: UInt32
    ) throws(RouteSetError) {
        let scope = scope(for: rule.host ?? .any)
        earliestOfScope[scope] = min(earliestOfScope[scope], position)
        var compiled = CompiledRule(index: UInt32(index))
        var conditions = RuleConditions()
        let root = tables.scopes[scope].root
        switch rule.path?.kind {
        case .exact: exactLists[place(of: rule.path, under: root), default: []].append(position)
        case .prefix, nil:
            prefixLists[place(of: rule.path, under: root), default: []].append(position)
        case .expression(let expression):
            guard expressionLists[scope].count < RouteLimits.pathExpressionsMax else {
                throw .tooManyPathExpressions
            }
            conditions.pathExpression = try compile(expression)
            expressionLists[scope].append(position)
        }
        conditions.methods = stretch(of: \.methods, rule.methods.map { store($0) })
        conditions.networks = stretch(of: \.networks, rule.networks)
        conditions.fields = stretch(of: \.fields, try compileFields(of: rule))
        if !conditions.isEmpty {
            compiled.conditions = UInt32(tables.conditions.count)
            tables.conditions.append(conditions)
        }
        tables.rules.append(compiled)
        tables.needsPath.append(rule.path != nil)
    }

    // MARK: Hosts

    private mutating func scope(for host: HostPattern) -> Int {
        if let known = scopeOf[host] { return known }
        let scope = tables.scopes.count
        scopeOf[host] = scope
        tables.scopes.append(HostScope(root: tables.segments.addRoot()))
        expressionLists.append([])
        earliestOfScope.append(SegmentTree.none)
        var place = tables.hostRoot
        for label in host.name.utf8.split(separator: .dot).reversed() {
            let parent = place
            place = tables.segments.place(under: parent, Array(label))
            hostParents[place] = parent
        }
        if host.kind == .exact {
            exactScopes[place] = UInt32(scope)
        } else {
            wildcardScopes[place] = UInt32(scope)
        }
        return scope
    }

    /// Chains the scopes that match the same hosts, from the most specific to that for any host.
    private mutating func linkHosts() {
        tables.hosts = [HostNode](repeating: HostNode(), count: tables.segments.count)
        // A place is always made after the one above it.
        let places = [tables.hostRoot] + hostParents.keys.sorted()
        for place in places {
            let above = hostParents[place].map { tables.hosts[Int($0)].wildcard }
            let less = above ?? SegmentTree.none
            var node = HostNode(wildcard: less, less: less)
            if let scope = wildcardScopes[place] {
                link(scope, to: less)
                node.wildcard = scope
            }
            // A request without a host is for any host.
            if place == tables.hostRoot { node.less = node.wildcard }
            if let scope = exactScopes[place] {
                link(scope, to: less)
                node.exact = scope
            }
            tables.hosts[Int(place)] = node
        }
    }

    private mutating func link(_ scope: UInt32, to next: UInt32) {
        let later = next == SegmentTree.none ? next : tables.scopes[Int(next)].earliest
        tables.scopes[Int(scope)].next = next
        tables.scopes[Int(scope)].earliest = min(earliestOfScope[Int(scope)], later)
    }

    // MARK: Paths

    private mutating func place(of path: PathPattern?, under root: UInt32) -> UInt32 {
        var place = root
        for segment in path?.segments ?? [] {
            let parent = place
            place = tables.segments.place(under: parent, segment)
            parents[place] = parent
        }
        return place
    }

    /// Puts the lists behind one another and chains the prefixes of each path.
    private mutating func linkPaths() {
        tables.paths = [PathNode](repeating: PathNode(), count: tables.segments.count)
        let places = tables.scopes.map(\.root) + parents.keys
        for place in places.sorted() {
            let above = parents[place].map { tables.paths[Int($0)] } ?? PathNode()
            var node = PathNode()
            node.exact = list(exactLists[place] ?? [])
            node.next = above.nearest
            node.nearest = above.nearest
            node.earliest = above.earliest
            if let prefixes = prefixLists[place], let first = prefixes.first {
                node.prefix = list(prefixes)
                node.nearest = place
                node.earliest = min(first, above.earliest)
            }
            tables.paths[Int(place)] = node
            if let parent = parents[place] { tables.paths[Int(parent)].hasChildren = true }
        }
        for scope in tables.scopes.indices {
            tables.scopes[scope].expressions = list(expressionLists[scope])
        }
    }

    private mutating func list(_ positions: [UInt32]) -> RuleList {
        if positions.count == 1 { return RuleList(start: positions[0], count: 1) }
        let stretch = stretch(of: \.lists, positions)
        return RuleList(start: stretch.start, count: stretch.count)
    }

    // MARK: Conditions

    private mutating func compileFields(
        of rule: RouteRule
    ) throws(RouteSetError) -> [CompiledField] {
        var fields: [CompiledField] = []
        for header in rule.headers { fields.append(try compile(header, at: .header)) }
        for parameter in rule.query { fields.append(try compile(parameter, at: .query)) }
        for cookie in rule.cookies { fields.append(try compile(cookie, at: .cookie)) }
        return fields
    }

    private mutating func compile(
        _ pattern: FieldPattern, at place: CompiledField.Place
    ) throws(RouteSetError) -> CompiledField {
        let test: CompiledField.Test =
            switch pattern.value {
            case .present: .present
            case .exact(let text): .exact(store(text))
            case .wildcard(let text): .wildcard(store(text))
            case .expression(let expression): .expression(try compile(expression))
            }
        return CompiledField(place: place, name: store(pattern.name), test: test)
    }

    private mutating func compile(
        _ expression: RegularExpression
    ) throws(RouteSetError) -> CompiledExpression {
        if let known = expressions[expression.text] { return known }
        let automaton = expression.automaton
        guard tables.transitions.count + automaton.table.count <= RouteLimits.entriesMax else {
            throw .expressionsTooLarge
        }
        let compiled = CompiledExpression(
            classes: stretch(of: \.bytes, automaton.classes),
            table: stretch(of: \.transitions, automaton.table),
            columns: UInt16(automaton.columns))
        expressions[expression.text] = compiled
        return compiled
    }

    private mutating func store(_ text: String) -> Stretch {
        stretch(of: \.bytes, Array(text.utf8))
    }

    private mutating func stretch<Element>(
        of array: WritableKeyPath<RouteTables, [Element]>, _ elements: [Element]
    ) -> Stretch {
        let start = UInt32(tables[keyPath: array].count)
        tables[keyPath: array] += elements
        return Stretch(start: start, count: UInt32(elements.count))
    }
}

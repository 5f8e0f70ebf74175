internal import Primitives

/// Going down the trees of hosts and paths.
extension RouteTables {
    /// Which rule a request satisfies first, by its place in the configuration; nil if none.
    func match<Fields: RouteFields & ~Copyable>(
        host: Span<UInt8>, method: Span<UInt8>, path: Span<UInt8>, query: Span<UInt8>,
        client: IPAddress, fields: borrowing Fields
    ) -> Int? {
        let hasPath = !path.isEmpty && path[0] == .slash
        var best = SegmentTree.none
        var scope = scope(of: host)
        while scope != SegmentTree.none {
            let entry = scopes[Int(scope)]
            guard entry.earliest < best else { break }
            let place = descend(from: entry.root, path, hasPath: hasPath)
            let node = paths[Int(place.node)]
            func consider(_ list: RuleList) {
                for number in 0..<list.count {
                    let position =
                        list.count == 1 ? list.start : lists[Int(list.start &+ number)]
                    guard position < best else { return }
                    let rule = rules[Int(position)]
                    guard hasPath || !needsPath[Int(position)] else { continue }
                    guard
                        rule.conditions == CompiledRule.unconditional
                            || accepts(
                                conditions[Int(rule.conditions)], method: method, path: path,
                                query: query, client: client, fields: fields)
                    else { continue }
                    best = position
                    return
                }
            }
            if place.isWhole { consider(node.exact) }
            consider(entry.expressions)
            var prefix = node.nearest
            while prefix != SegmentTree.none {
                let above = paths[Int(prefix)]
                guard above.earliest < best else { break }
                consider(above.prefix)
                prefix = above.next
            }
            scope = entry.next
        }
        return best == SegmentTree.none ? nil : Int(rules[Int(best)].index)
    }

    /// The most specific scope for a host; the others follow it.
    private func scope(of host: Span<UInt8>) -> UInt32 {
        var end = Self.endOfName(host)
        var node = hostRoot
        while true {
            var start = end
            while start > 0, host[Int(start &- 1)] != .dot { start &-= 1 }
            let label = SegmentKey(ofHost: host, start..<end)
            let child = segments.child(of: node, label, host, ignoringCase: true)
            guard child != SegmentTree.none else {
                // Nothing before a dot is no label that `*` could stand for.
                let reached = hosts[Int(node)]
                return start == end ? reached.less : reached.wildcard
            }
            node = child
            guard start > 0 else { break }
            end = start &- 1
        }
        let found = hosts[Int(node)]
        return found.exact == SegmentTree.none ? found.less : found.exact
    }

    /// Where the name ends in a host: before the port and before one dot at the end.
    @inline(__always)
    private static func endOfName(_ host: Span<UInt8>) -> UInt32 {
        var end = 0
        if !host.isEmpty, host[0] == UInt8(ascii: "[") {
            while end < host.count, host[end] != UInt8(ascii: "]") { end &+= 1 }
            end = min(end &+ 1, host.count)
        } else {
            while end < host.count, host[end] != .colon { end &+= 1 }
            if end > 1 && host[end &- 1] == .dot { end &-= 1 }
        }
        return UInt32(truncatingIfNeeded: end)
    }

    /// How far down a tree of paths the segments of a path lead, and whether that is all of them.
    private func descend(
        from root: UInt32, _ path: Span<UInt8>, hasPath: Bool
    ) -> (node: UInt32, isWhole: Bool) {
        guard hasPath else { return (root, false) }
        let count = UInt32(truncatingIfNeeded: path.count)
        var node = root
        var start: UInt32 = 1
        while paths[Int(node)].hasChildren {
            let segment = SegmentKey(ofPath: path, from: start)
            let child = segments.child(of: node, segment, path, ignoringCase: false)
            guard child != SegmentTree.none else { return (node, false) }
            node = child
            start = segment.start &+ segment.count
            guard start < count else { return (node, true) }
            start &+= 1
        }
        return (node, false)
    }
}

internal import Primitives

/// Trying what a rule asks for besides host and path, the cheapest first.
extension RouteTables {
    func accepts<Fields: RouteFields & ~Copyable>(
        _ rule: RuleConditions, method: Span<UInt8>, path: Span<UInt8>, query: Span<UInt8>,
        client: IPAddress, fields: borrowing Fields
    ) -> Bool {
        guard acceptsMethod(rule.methods, method), acceptsClient(rule.networks, client) else {
            return false
        }
        if let expression = rule.pathExpression {
            guard matches(expression, path) else { return false }
        }
        for index in rule.fields.range {
            let field = self.fields[index]
            guard accepts(field, query: query, fields: fields) else {
                return false
            }
        }
        return true
    }

    private func acceptsMethod(_ allowed: Stretch, _ method: Span<UInt8>) -> Bool {
        guard allowed.count > 0 else { return true }
        for index in allowed.range {
            let wanted = methods[index]
            if bytes.span.extracting(wanted.range).spells(method) { return true }
        }
        return false
    }

    private func acceptsClient(_ allowed: Stretch, _ client: IPAddress) -> Bool {
        guard allowed.count > 0 else { return true }
        for index in allowed.range where networks[index].contains(client) {
            return true
        }
        return false
    }

    private func accepts<Fields: RouteFields & ~Copyable>(
        _ field: CompiledField, query: Span<UInt8>, fields: borrowing Fields
    ) -> Bool {
        let name = bytes.span.extracting(field.name.range)
        switch field.place {
        case .header: return fields.hasHeader(name) { satisfies(field.test, $0) }
        case .cookie: return fields.hasCookie(name) { satisfies(field.test, $0) }
        case .query:
            return QueryParameters.has(name, in: query) { satisfies(field.test, $0) }
        }
    }

    private func satisfies(
        _ test: CompiledField.Test, _ value: Span<UInt8>?
    ) -> Bool {
        if case .present = test { return true }
        guard let value else { return false }
        switch test {
        case .present: return true
        case .exact(let text): return bytes.span.extracting(text.range).spells(value)
        case .wildcard(let text):
            return Wildcard.matches(bytes.span.extracting(text.range), value)
        case .expression(let expression): return matches(expression, value)
        }
    }

    private func matches(
        _ expression: CompiledExpression, _ text: Span<UInt8>
    ) -> Bool {
        Automaton.accepts(
            text, classes: bytes.span.extracting(expression.classes.range),
            table: transitions.span.extracting(expression.table.range),
            columns: Int(expression.columns))
    }
}

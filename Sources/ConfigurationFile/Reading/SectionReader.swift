/// Reads one mapping of a configuration, key by key.
///
/// The initializer of each part of the model asks its reader for every key that it knows. That
/// one line is the key's declaration: name, kind with limits, default and what it is for. From the
/// same lines come the complaints about keys that nobody asked for and which one was meant, the
/// reference and the JSON Schema.
///
///     listener.name = keys.required("name", .name, "what the listener is called")
struct SectionReader {
    private let entries: [YAMLValue.Entry]
    private let place: Place
    /// Nil while a placeholder or a description is made: nothing is written, nothing is reported.
    private let reporter: Reporter?
    /// Nil unless a description is made.
    private var shape: MappingShape?
    private var known: [String] = []
    private var refused: [String] = []
    private var missing: [Missing] = []
    /// The values that keys have or have by default, as texts, for conditions.
    private var settled: [String: String] = [:]
    /// Keys whose values were refused.
    private var wrong: Set<String> = []

    /// What must be there and is not.
    private struct Missing {
        let names: [String]
        /// Further keys that would do; a misspelt one excuses that the others are missing.
        var others: [String] = []
        let help: String
    }

    /// Reads nothing; everything asked for has its default or placeholder.
    static var silent: SectionReader {
        SectionReader(entries: [], place: .start, reporter: nil, shape: nil)
    }

    /// Lets `make` read `entries`, then reports what it did not find or did not ask for.
    static func read<Value>(
        _ entries: [YAMLValue.Entry], at place: Place, _ reporter: Reporter,
        _ make: (inout SectionReader) -> Value
    ) -> Value {
        var reader = SectionReader(entries: entries, place: place, reporter: reporter, shape: nil)
        let value = make(&reader)
        reader.reportUnknownAndMissing()
        return value
    }

    /// The keys that `make` asks for, as it declares them.
    static func describe<Value>(_ make: (inout SectionReader) -> Value) -> MappingShape {
        var reader = SectionReader(
            entries: [], place: .start, reporter: nil, shape: MappingShape())
        _ = make(&reader)
        return reader.shape ?? MappingShape()
    }

    private init(
        entries: [YAMLValue.Entry], place: Place, reporter: Reporter?, shape: MappingShape?
    ) {
        self.entries = entries
        self.place = place
        self.reporter = reporter
        self.shape = shape
    }
}

/// The declarations of keys.
extension SectionReader {
    /// The value of a key that has a default.
    ///
    /// - Parameters:
    ///   - shown: The default in words where it is not always the same, such as `as client`.
    ///   - conditions: When the key may stand here: where all of them are met.
    mutating func value<Value>(
        _ name: String, _ kind: Kind<Value>, default: Value, shown: String? = nil, _ help: String,
        for conditions: Condition...
    ) -> Value {
        let literal = kind.literal(`default`)
        describe(
            name, kind, default: shown == nil ? literal : nil,
            shown: shown ?? literal?.text ?? "", help, conditions)
        settled[name] = literal?.text
        return read(name, kind, conditions) ?? `default`
    }

    /// The value of a key that must be there; its placeholder if it is not, or is wrong.
    ///
    /// With conditions it must be there when they are met, and may not when one is not.
    mutating func required<Value>(
        _ name: String, _ kind: Kind<Value>, _ help: String, for conditions: Condition...
    ) -> Value {
        describe(name, kind, isRequired: true, default: nil, shown: "", help, conditions)
        if entry(name) == nil, conditions.allSatisfy({ isMet($0) == true }) {
            missing.append(Missing(names: [name], help: help))
        }
        return read(name, kind, conditions) ?? kind.placeholder
    }

    /// The value of a key that may be left out; nil if it is, or is wrong.
    ///
    /// - Parameters:
    ///   - absent: What holds without it, in words.
    ///   - conditions: When the key may stand here: where all of them are met.
    mutating func optional<Value>(
        _ name: String, _ kind: Kind<Value>, absent: String = "none", _ help: String,
        for conditions: Condition...
    ) -> Value? {
        describe(name, kind, default: nil, shown: absent, help, conditions)
        return read(name, kind, conditions)
    }

    /// The mapping under a key, which may be left out if every key in it has a default.
    mutating func section<Value>(
        _ name: String, _ make: @escaping (inout SectionReader) -> Value, _ help: String
    ) -> Value {
        let kind = Kind.section(make)
        return value(name, kind, default: kind.placeholder, help)
    }

    /// Declares keys that have a meaning in Skein, but not in this version.
    mutating func notYet(_ names: String...) {
        for name in names { refuse(name, because: "is not supported yet") }
    }

    /// Refuses a key if it stands here.
    mutating func refuse(_ name: String, because reason: String) {
        refused.append(name)
        guard let reporter, let entry = entry(name) else { return }
        reporter.error(at: entry.keyPlace, "\(quoted(name)) \(reason)")
    }
}

/// The declarations of how keys depend on each other, after those of the keys themselves.
extension SectionReader {
    /// Of the keys `names` one must be there, and only one.
    mutating func exactlyOne(of names: [String], _ help: String) {
        shape?.rules.append(.exactlyOne(of: names))
        let given = names.compactMap(entry)
        if given.isEmpty { missing.append(Missing(names: names, help: help)) }
        guard let reporter, let first = given.first else { return }
        for other in given.dropFirst() {
            reporter.error(
                at: other.keyPlace, "\(quoted(other.key)) cannot go with \(quoted(first.key))")
        }
    }

    /// A key that may be left out otherwise must be there where all `conditions` are met.
    mutating func needs(_ name: String, where conditions: Condition..., help: String) {
        shape?.rules.append(.needs(name, where: conditions))
        if entry(name) == nil, conditions.allSatisfy({ isMet($0) == true }) {
            missing.append(Missing(names: [name], help: help))
        }
    }

    /// None of the keys `names` may be there without the others.
    mutating func together(_ names: [String], _ help: String) {
        shape?.rules.append(.together(names))
        guard names.contains(where: { entry($0) != nil }) else { return }
        for name in names where entry(name) == nil {
            missing.append(Missing(names: [name], help: help))
        }
    }

    /// Of the keys `names` one must give something; if none does, it is the first that is missed.
    ///
    /// - Parameter isGiven: Whether one of them does, as far as they could be read.
    mutating func someOf(_ names: [String], isGiven: Bool, _ help: String) {
        shape?.rules.append(.someOf(names))
        guard let reporter, !isGiven, !names.contains(where: wrong.contains) else { return }
        if let entry = entry(names[0]) {
            reporter.error(at: entry.place, "\(names[0]): at least 1 needed")
        } else {
            missing.append(
                Missing(names: [names[0]], others: Array(names.dropFirst()), help: help))
        }
    }
}

/// Checks of values against each other.
extension SectionReader {
    /// Reports `message` where `isRight` is false, at the first of the keys `names` that is there.
    /// Silent where one of them was refused, for then another value was judged.
    func expect(
        _ isRight: @autoclosure () -> Bool, of names: String..., orElse message: () -> String
    ) {
        guard let reporter, let entry = names.lazy.compactMap(entry).first,
            !names.contains(where: wrong.contains), !isRight()
        else { return }
        reporter.error(at: entry.place, "\(entry.key): \(message())")
    }
}

extension SectionReader {
    private mutating func describe<Value>(
        _ name: String, _ kind: Kind<Value>, isRequired: Bool = false, default: Literal?,
        shown: String, _ help: String, _ conditions: [Condition]
    ) {
        guard shape != nil else { return }
        shape?.keys.append(
            ReferenceNode(
                name: name, shape: kind.shape(), isRequired: isRequired, default: `default`,
                defaultText: shown, help: help, conditions: conditions))
    }

    private mutating func read<Value>(
        _ name: String, _ kind: Kind<Value>, _ conditions: [Condition]
    ) -> Value? {
        if let unmet = conditions.first(where: { isMet($0) == false }) {
            refuse(name, because: unmet.reason)
            return nil
        }
        known.append(name)
        guard let reporter, let entry = entry(name) else { return nil }
        let written = YAMLValue(entry.value.content, at: entry.place)
        guard let value = kind.read(written, name, reporter) else {
            wrong.insert(name)
            settled[name] = nil
            return nil
        }
        settled[name] = kind.literal(value)?.text
        return value
    }

    /// Nil where the other key is missing or wrong, which is reported already.
    private func isMet(_ condition: Condition) -> Bool? {
        guard let choices = condition.choices else { return entry(condition.key) != nil }
        return settled[condition.key].map(choices.contains)
    }

    private func entry(_ name: String) -> YAMLValue.Entry? {
        entries.first { $0.key == name }
    }

    private func reportUnknownAndMissing() {
        guard let reporter else { return }
        var meant: [String] = []
        let free = known.filter { entry($0) == nil }
        for entry in entries
        where !known.contains(entry.key) && !refused.contains(entry.key) {
            let complaint = "unknown key \(quoted(entry.key))"
            // What is only counted needs no search.
            if !reporter.isFull, let name = nearest(to: entry.key, among: free) {
                meant.append(name)
                reporter.error(at: entry.keyPlace, "\(complaint); did you mean \(quoted(name))?")
            } else {
                let others = known.joined(separator: ", ")
                reporter.error(at: entry.keyPlace, "\(complaint); known here: \(others)")
            }
        }
        for lack in missing where !(lack.names + lack.others).contains(where: meant.contains) {
            let list = spokenList(lack.names.map { quoted($0) })
            reporter.error(at: place, "\(list) is missing: \(lack.help)")
        }
    }
}

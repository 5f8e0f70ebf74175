/// Reads one mapping of a configuration, key by key.
///
/// The initializer of each part of the model asks its reader for every key that it knows. That
/// one line is the key's declaration: name, kind with limits, default and what it is for. From the
/// same lines come the complaints about keys that nobody asked for, and which one was meant.
///
///     listener.name = keys.required("name", .name, "what the listener is called")
struct SectionReader {
    private let entries: [YAMLValue.Entry]
    private let place: Place
    /// Nil while a placeholder is made: nothing is written and nothing is reported.
    private let reporter: Reporter?
    private var known: [String] = []
    private var refused: [String] = []
    private var missing: [(name: String, help: String)] = []

    /// Reads nothing; everything asked for has its default or placeholder.
    static var silent: SectionReader {
        SectionReader(entries: [], place: .start, reporter: nil)
    }

    /// Lets `make` read `entries`, then reports what it did not find or did not ask for.
    static func read<Value>(
        _ entries: [YAMLValue.Entry], at place: Place, _ reporter: Reporter,
        _ make: (inout SectionReader) -> Value
    ) -> Value {
        var reader = SectionReader(entries: entries, place: place, reporter: reporter)
        let value = make(&reader)
        reader.reportUnknownAndMissing()
        return value
    }

    private init(entries: [YAMLValue.Entry], place: Place, reporter: Reporter?) {
        self.entries = entries
        self.place = place
        self.reporter = reporter
    }

    /// The value of a key that has a default.
    mutating func value<Value>(
        _ name: String, _ kind: Kind<Value>, default: Value, _ help: String
    ) -> Value {
        optional(name, kind, help) ?? `default`
    }

    /// The value of a key that must be there; its placeholder if it is not, or is wrong.
    mutating func required<Value>(_ name: String, _ kind: Kind<Value>, _ help: String) -> Value {
        if entry(name) == nil { missing.append((name, help)) }
        return optional(name, kind, help) ?? kind.placeholder
    }

    /// The value of a key that may be left out; nil if it is, or is wrong.
    mutating func optional<Value>(_ name: String, _ kind: Kind<Value>, _ help: String) -> Value? {
        known.append(name)
        guard let reporter, let entry = entry(name) else { return nil }
        let value = YAMLValue(entry.value.content, at: entry.place)
        return kind.read(value, name, reporter)
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

    private func entry(_ name: String) -> YAMLValue.Entry? {
        entries.first { $0.key == name }
    }

    private func reportUnknownAndMissing() {
        guard let reporter else { return }
        var meant: [String] = []
        let free = known.filter { !refused.contains($0) && entry($0) == nil }
        for entry in entries
        where !known.contains(entry.key) && !refused.contains(entry.key) {
            let complaint = "unknown key \(quoted(entry.key))"
            // What is only counted needs no search.
            if !reporter.isFull, let name = nearest(to: entry.key, among: free) {
                meant.append(name)
                reporter.error(at: entry.keyPlace, "\(complaint); did you mean \(quoted(name))?")
            } else {
                let others = known.filter { !refused.contains($0) }.joined(separator: ", ")
                reporter.error(at: entry.keyPlace, "\(complaint); known here: \(others)")
            }
        }
        for (name, help) in missing where !meant.contains(name) {
            reporter.error(at: place, "\(quoted(name)) is missing: \(help)")
        }
    }
}

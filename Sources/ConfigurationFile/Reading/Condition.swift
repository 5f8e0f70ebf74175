/// When a key may stand in its section: it hangs on another key that is declared before it.
package struct Condition: Hashable, Sendable {
    /// The other key.
    package let key: String
    /// The values of the other key, as texts, with which the key may stand; nil if it is enough
    /// that the other key is there.
    package let choices: [String]?
    /// Completes "'path' …" where it may not stand.
    package let reason: String

    /// For sections in which `key` has one of `choices`, or has it by default.
    ///
    /// - Parameter noun: What such a section makes, in the plural, such as `checks`.
    init<Choice: RawRepresentable<String>>(
        _ key: String, is choices: Choice..., of noun: String
    ) {
        let names = choices.map(\.rawValue)
        self.init(key, isText: names, because: "is for \(noun) with \(key) \(spokenList(names))")
    }

    /// For sections in which `key` is there.
    init(with key: String, because reason: String) {
        self.key = key
        choices = nil
        self.reason = reason
    }

    /// For sections in which the value of `key` is written, or would be, as one of `texts`.
    init(_ key: String, isText texts: [String], because reason: String) {
        self.key = key
        choices = texts
        self.reason = reason
    }
}

/// `a`, `a or b`, `a, b or c`.
func spokenList(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
}

/// A kind of value that a key can have: how it is read, with its limits, and how it is described.
///
/// `read` reports what is wrong, under the name of the key, and then returns nil.
struct Kind<Value> {
    /// Stands in for a value that is missing or wrong. It breaks a rule where it can (an empty
    /// name, port 0), so that later checks can tell it and keep silent about what was reported.
    let placeholder: Value
    /// What may be written. A function, because sections are described only when somebody asks.
    let shape: () -> ValueShape
    /// How a value is written; nil where that is of no use, as for sections.
    let literal: (Value) -> Literal?
    let read: (YAMLValue, _ key: String, Reporter) -> Value?
}

/// What is wrong with a text, said so that it can follow the name of its key.
struct Problem: Error {
    let message: String
}

extension Kind {
    /// A value that is written as one text. `parse` may rely on `isPlain` to tell `5` from `"5"`.
    ///
    /// - Parameter expectation: Completes the sentence "expected …".
    static func text(
        _ expectation: String, placeholder: Value, shape: ValueShape,
        literal: @escaping (Value) -> Literal?,
        parse: @escaping (_ text: String, _ isPlain: Bool) throws(Problem) -> Value
    ) -> Kind {
        Kind(placeholder: placeholder, shape: { shape }, literal: literal) {
            value, key, reporter in
            switch value.content {
            case .text(let text, let isPlain):
                do throws(Problem) {
                    return try parse(text, isPlain)
                } catch {
                    reporter.error(at: value.place, "\(key): \(error.message)")
                }
            case .nothing, .list, .mapping:
                reporter.error(
                    at: value.place, "\(key): expected \(expectation), found \(value.summary)")
            case .invalid:
                break
            }
            return nil
        }
    }

    /// This kind of value, made into another type.
    ///
    /// - Parameter back: What a value was made of, if it can be told.
    func map<Other>(
        _ make: @escaping (Value) -> Other, back: @escaping (Other) -> Value?
    ) -> Kind<Other> {
        Kind<Other>(
            placeholder: make(placeholder), shape: shape,
            literal: { back($0).flatMap(literal) }
        ) { value, key, reporter in
            read(value, key, reporter).map(make)
        }
    }

    /// One word for the common case, or a mapping that says more.
    ///
    /// - Parameter word: Reads texts, and complains about all that is no mapping.
    static func wordOrSection(_ word: Kind, _ section: Kind) -> Kind {
        Kind(
            placeholder: word.placeholder,
            shape: { .either([word.shape(), section.shape()]) }, literal: word.literal
        ) { value, key, reporter in
            if case .mapping = value.content { return section.read(value, key, reporter) }
            return word.read(value, key, reporter)
        }
    }
}

/// A kind of value that a key can have: how it is read, with its limits.
///
/// `read` reports what is wrong, under the name of the key, and then returns nil.
struct Kind<Value> {
    /// Stands in for a value that is missing or wrong. It breaks a rule where it can (an empty
    /// name, port 0), so that later checks can tell it and keep silent about what was reported.
    let placeholder: Value
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
        _ expectation: String, placeholder: Value,
        parse: @escaping (_ text: String, _ isPlain: Bool) throws(Problem) -> Value
    ) -> Kind {
        Kind(placeholder: placeholder) { value, key, reporter in
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

    /// A mapping with the keys that `make` asks its reader for.
    static func section(
        _ make: @escaping (inout SectionReader) -> Value, example: String = "{ key: value }"
    ) -> Kind {
        var silent = SectionReader.silent
        return Kind(placeholder: make(&silent)) { value, key, reporter in
            switch value.content {
            case .mapping(let entries):
                return SectionReader.read(entries, at: value.place, reporter, make)
            case .nothing:
                return SectionReader.read([], at: value.place, reporter, make)
            case .text, .list:
                reporter.error(
                    at: value.place,
                    "\(key): expected a mapping such as \(example), found \(value.summary)")
                return nil
            case .invalid:
                return nil
            }
        }
    }

    /// A list whose length is within `count`. A wrong element is replaced by its placeholder, so
    /// that the others keep their places.
    static func list<Element>(
        of kind: Kind<Element>, _ count: ClosedRange<Int>
    ) -> Kind where Value == [Element] {
        Kind(placeholder: []) { value, key, reporter in
            switch value.content {
            case .list(let values):
                return elements(values, of: kind, count, value.place, key, reporter)
            case .nothing:
                return elements([], of: kind, count, value.place, key, reporter)
            case .text, .mapping:
                reporter.error(at: value.place, "\(key): expected a list, found \(value.summary)")
                return nil
            case .invalid:
                return nil
            }
        }
    }

    /// One value, or a list of at least one and at most `countMax`.
    static func oneOrMore<Element>(
        of kind: Kind<Element>, _ countMax: Int
    ) -> Kind where Value == [Element] {
        let list = Kind.list(of: kind, 1...countMax)
        return Kind(placeholder: []) { value, key, reporter in
            if case .list = value.content { return list.read(value, key, reporter) }
            return kind.read(value, key, reporter).map { [$0] }
        }
    }

    private static func elements<Element>(
        _ values: [YAMLValue], of kind: Kind<Element>, _ count: ClosedRange<Int>,
        _ place: Place, _ key: String, _ reporter: Reporter
    ) -> [Element] {
        if values.count < count.lowerBound {
            reporter.error(at: place, "\(key): at least \(count.lowerBound) needed")
        }
        if values.count > count.upperBound {
            reporter.error(
                at: place, "\(key): \(values.count) given, at most \(count.upperBound) allowed")
        }
        return values.prefix(count.upperBound).map {
            kind.read($0, key, reporter) ?? kind.placeholder
        }
    }
}

extension Kind {
    /// A mapping with the keys that `make` asks its reader for.
    static func section(
        _ make: @escaping (inout SectionReader) -> Value, example: String = "{ key: value }"
    ) -> Kind {
        var silent = SectionReader.silent
        return Kind(
            placeholder: make(&silent), shape: { .mapping(SectionReader.describe(make)) },
            literal: { _ in nil }
        ) { value, key, reporter in
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
        Kind(
            placeholder: [], shape: { .list(of: kind.shape(), count: count) },
            literal: { spelled($0, kind) }
        ) { value, key, reporter in
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
        return Kind(
            placeholder: [], shape: { .either([kind.shape(), list.shape()]) },
            literal: { $0.count == 1 ? kind.literal($0[0]) : spelled($0, kind) }
        ) { value, key, reporter in
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

    private static func spelled<Element>(_ values: [Element], _ kind: Kind<Element>) -> Literal? {
        let items = values.compactMap(kind.literal)
        return items.count == values.count ? .list(items) : nil
    }
}

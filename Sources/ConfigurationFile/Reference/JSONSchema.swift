/// Makes JSON Schema (draft 2020-12) of the shape of a file, so that editors complete and check
/// what is written.
///
/// Everything that reading accepts the schema accepts, except for words in quotes where a number
/// or a truth value stands. The reverse holds only as far as JSON Schema goes: it knows no ranges
/// of durations and does not look from one part of a file into another.
enum JSONSchema {
    /// The schema of a whole file whose top level has the keys of `shape`.
    static func document(_ shape: MappingShape, title: String, description: String) -> JSONValue {
        let head = [
            member("$schema", "https://json-schema.org/draft/2020-12/schema"),
            member("title", .text(title)), member("description", .text(description)),
        ]
        return .object(head + mapping(shape))
    }

    private static func member(_ name: String, _ value: JSONValue) -> JSONValue.Member {
        JSONValue.Member(name: name, value: value)
    }

    private static func names(_ names: [String]) -> JSONValue {
        .list(names.map(JSONValue.text))
    }
}

/// Values.
extension JSONSchema {
    private static func schema(of shape: ValueShape) -> [JSONValue.Member] {
        switch shape {
        case .text(let text):
            return self.text(text)
        case .number(let limits):
            return [
                member("type", "integer"), member("minimum", .number(limits.lowerBound)),
                member("maximum", .number(limits.upperBound)),
            ]
        case .flag:
            return [member("type", "boolean")]
        case .choice(let words, let synonyms):
            return [member("enum", .list((words + synonyms.keys.sorted()).map(word)))]
        case .list(let element, let count):
            return list(of: element, count)
        case .mapping(let shape):
            return mapping(shape)
        case .entries(let keys, let values, let countMax):
            return [
                member("type", names(["object", "null"])),
                member("propertyNames", .object(text(keys).filter { $0.name != "type" })),
                member("additionalProperties", .object(text(values))),
                member("maxProperties", .number(countMax)),
            ]
        case .either(let shapes):
            return [member("oneOf", .list(shapes.map { .object(schema(of: $0)) }))]
        }
    }

    private static func text(_ shape: TextShape) -> [JSONValue.Member] {
        let type: JSONValue = shape.mayLookLikeNumber ? names(["string", "number"]) : "string"
        return [member("type", type)]
            + (shape.pattern.map { [member("pattern", .text($0))] } ?? [])
            + (shape.lengthMax.map { [member("maxLength", .number($0))] } ?? [])
    }

    private static func list(
        of element: ValueShape, _ count: ClosedRange<Int>
    ) -> [JSONValue.Member] {
        let isOptional = count.lowerBound == 0
        return [member("type", isOptional ? names(["array", "null"]) : "array")]
            + (isOptional ? [] : [member("minItems", .number(count.lowerBound))])
            + [
                member("maxItems", .number(count.upperBound)),
                member("items", .object(schema(of: element))),
            ]
    }

    /// A word as YAML reads it: `true` and `false` are no texts.
    private static func word(_ text: String) -> JSONValue {
        switch text {
        case "true": true
        case "false": false
        default: .text(text)
        }
    }

    private static func value(of literal: Literal) -> JSONValue {
        switch literal {
        case .flag(let isOn): .flag(isOn)
        case .number(let number): .number(number)
        case .text(let text): word(text)
        case .list(let items): .list(items.map(value))
        }
    }
}

/// Sections.
extension JSONSchema {
    private static func mapping(_ shape: MappingShape) -> [JSONValue.Member] {
        let required = shape.keys.filter { $0.isRequired && $0.conditions.isEmpty }.map(\.name)
        let properties = shape.keys.map { member($0.name, .object(property($0, in: shape))) }
        let dependent = shape.keys.filter { !$0.conditions.isEmpty }.map { key in
            member(key.name, .object(schema(of: key.conditions, in: shape)))
        }
        let rules = shape.rules.map { schema(of: $0, in: shape) } + requirements(shape)
        let type: JSONValue = shape.mayBeEmpty ? names(["object", "null"]) : "object"
        return [member("type", type), member("properties", .object(properties))]
            + (required.isEmpty ? [] : [member("required", names(required))])
            + [member("additionalProperties", false)]
            + (dependent.isEmpty ? [] : [member("dependentSchemas", .object(dependent))])
            + (rules.isEmpty ? [] : [member("allOf", .list(rules))])
    }

    private static func property(
        _ key: ReferenceNode, in shape: MappingShape
    ) -> [JSONValue.Member] {
        [member("description", .text(shape.summary(of: key)))] + schema(of: key.shape)
            + (key.default.map { [member("default", value(of: $0))] } ?? [])
    }

    /// Keys that are required only where their conditions are met.
    private static func requirements(_ shape: MappingShape) -> [JSONValue] {
        shape.keys.filter { $0.isRequired && !$0.conditions.isEmpty }.map { key in
            requirement(of: key.name, where: key.conditions, in: shape)
        }
    }

    private static func requirement(
        of name: String, where conditions: [Condition], in shape: MappingShape
    ) -> JSONValue {
        [
            "if": .object(schema(of: conditions, in: shape)),
            "then": ["required": names([name])],
        ]
    }

    private static func schema(of rule: MappingShape.Rule, in shape: MappingShape) -> JSONValue {
        switch rule {
        case .exactlyOne(let keys):
            ["oneOf": .list(keys.map { ["required": names([$0])] })]
        case .together(let keys):
            [
                "dependentRequired": .object(
                    keys.map { key in member(key, names(keys.filter { $0 != key })) })
            ]
        case .needs(let key, let conditions):
            requirement(of: key, where: conditions, in: shape)
        case .someOf(let keys):
            ["anyOf": .list(keys.map { giving($0, in: shape) })]
        }
    }

    /// Accepts sections in which the key gives something.
    private static func giving(_ name: String, in shape: MappingShape) -> JSONValue {
        let value: JSONValue =
            switch shape.keys.first(where: { $0.name == name })?.shape {
            case .list: ["type": "array", "minItems": .number(1)]
            case .flag: ["const": true]
            default: [:]
            }
        return ["required": names([name]), "properties": .object([member(name, value)])]
    }

    /// Accepts sections in which all `conditions` are met.
    private static func schema(
        of conditions: [Condition], in shape: MappingShape
    ) -> [JSONValue.Member] {
        var required: [String] = []
        var properties: [JSONValue.Member] = []
        for condition in conditions {
            let other = shape.keys.first { $0.name == condition.key }
            guard let choices = condition.choices else {
                required.append(condition.key)
                continue
            }
            let isMetByDefault = other?.default.map { choices.contains($0.text) } ?? false
            if !isMetByDefault { required.append(condition.key) }
            let synonyms = other.map(synonyms)?.filter { choices.contains($0.value) } ?? [:]
            let words = choices + synonyms.keys.sorted()
            properties.append(member(condition.key, ["enum": .list(words.map(word))]))
        }
        return (properties.isEmpty ? [] : [member("properties", .object(properties))])
            + (required.isEmpty ? [] : [member("required", names(required))])
    }

    private static func synonyms(of key: ReferenceNode) -> [String: String] {
        if case .choice(_, let synonyms) = key.shape { synonyms } else { [:] }
    }
}

extension MappingShape {
    /// Whether a section with nothing in it is right.
    fileprivate var mayBeEmpty: Bool {
        let hasRequired = keys.contains { $0.isRequired && $0.conditions.isEmpty }
        let hasRule = rules.contains { rule in
            switch rule {
            case .exactlyOne, .someOf: true
            case .together, .needs: false
            }
        }
        return !hasRequired && !hasRule
    }
}

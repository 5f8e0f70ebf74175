/// The parameters of a query, as forms write them: `name=value&name=value` (WHATWG URL, section
/// 5.1, `application/x-www-form-urlencoded`), with `%XX` for a byte and `+` for a space. What is no
/// escape stands for itself. Of several of one name the first counts, as the Kubernetes Gateway
/// API recommends.
enum QueryParameters {
    /// Whether there is a parameter of this name and its value, without escapes, satisfies `test`;
    /// a value longer than `RouteLimits.queryValueBytesMax` is given as nil.
    static func has(
        _ name: Span<UInt8>, in query: Span<UInt8>, _ test: (Span<UInt8>?) -> Bool
    ) -> Bool {
        var start = 0
        while start <= query.count {
            var end = start
            var equals: Int?
            while end < query.count, query[end] != .ampersand {
                if query[end] == .equals, equals == nil { equals = end }
                end += 1
            }
            let nameEnd = equals ?? end
            if decoded(query.extracting(start..<nameEnd), spells: name) {
                return value(query.extracting(min(nameEnd + 1, end)..<end), test)
            }
            start = end + 1
        }
        return false
    }

    private static func decoded(_ text: Span<UInt8>, spells name: Span<UInt8>) -> Bool {
        var position = 0
        for index in name.indices {
            guard position < text.count else { return false }
            let next = byte(of: text, at: position)
            guard next.byte == name[index] else { return false }
            position += next.count
        }
        return position == text.count
    }

    private static func value(_ text: Span<UInt8>, _ test: (Span<UInt8>?) -> Bool) -> Bool {
        for index in text.indices where text[index] == .percent || text[index] == .plus {
            return decodedValue(text, test)
        }
        return test(text.count <= RouteLimits.queryValueBytesMax ? text : nil)
    }

    private static func decodedValue(_ text: Span<UInt8>, _ test: (Span<UInt8>?) -> Bool) -> Bool {
        var buffer = InlineArray<1_024, UInt8>(repeating: 0)
        var position = 0
        var count = 0
        while position < text.count {
            guard count < RouteLimits.queryValueBytesMax else { return test(nil) }
            let next = byte(of: text, at: position)
            buffer[count] = next.byte
            position += next.count
            count += 1
        }
        return test(buffer.span.extracting(0..<count))
    }

    /// The byte that stands at `position`, and how many bytes are taken by that.
    private static func byte(of text: Span<UInt8>, at position: Int) -> (byte: UInt8, count: Int) {
        if let byte = text.escapedByte(at: position) { return (byte, 3) }
        return (text[position] == .plus ? .space : text[position], 1)
    }
}

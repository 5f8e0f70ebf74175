/// Finding what a route, a hash or a sticky session asks for. Nothing is allocated.
extension RequestHead {
    /// The value of the first field named `name`, without the whitespace around it.
    ///
    /// `name` is in lower case; the names in the head may be in any. `bytes` is what was parsed.
    package func value(of name: Span<UInt8>, in bytes: Span<UInt8>) -> ByteRange? {
        for index in 0..<fields.count {
            let field = fields[index]
            if bytes.lowercasedEquals(field.name, name) { return field.value }
        }
        return nil
    }

    /// The value of the first cookie named `name`, over all `Cookie` fields (RFC 6265 section
    /// 5.4); it may be empty. Names are compared with their case, and quotes around a value
    /// belong to it. `bytes` is what was parsed.
    package func cookie(_ name: Span<UInt8>, in bytes: Span<UInt8>) -> ByteRange? {
        for index in 0..<fields.count where fields[index].known == .cookie {
            var pairs = CookiePairs(fields[index].value)
            while let pair = pairs.next(in: bytes) {
                if let value = pair.value(ifNamed: name, in: bytes) { return value }
            }
        }
        return nil
    }
}

extension Span<UInt8> {
    /// Whether `range`, its ASCII letters in lower case, spells `name`.
    @inline(__always)
    fileprivate func lowercasedEquals(_ range: ByteRange, _ name: Span<UInt8>) -> Bool {
        guard range.count == name.count else { return false }
        for offset in 0..<range.count
        where ByteClass.lowercased(self[range.lowerBound &+ offset]) != name[offset] {
            return false
        }
        return true
    }
}

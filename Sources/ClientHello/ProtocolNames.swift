/// The protocols that a client offers by Application-Layer Protocol Negotiation, best first
/// (RFC 7301 section 3.1), such as `h2` and `http/1.1`.
package struct ProtocolNames: Equatable, BitwiseCopyable, Sendable {
    /// What is left of the list: each name with its length before it.
    private var rest: HelloText

    init(_ list: HelloText) {
        rest = list
    }

    /// Passes over the next name and returns it, or nil at the end; each has 1 to 255 bytes.
    /// `bytes` is what was read.
    package mutating func next(in bytes: Span<UInt8>) -> HelloText? {
        guard let length = rest.next(in: bytes) else { return nil }
        return rest.take(Int(length), in: bytes)
    }

    /// Whether `name` is one of those to come.
    package func contains(_ name: Span<UInt8>, in bytes: Span<UInt8>) -> Bool {
        var names = self
        while let candidate = names.next(in: bytes) {
            if candidate.equals(name, in: bytes) { return true }
        }
        return false
    }

    /// Whether every name is whole and not empty, and there is one.
    func isValid(in bytes: Span<UInt8>) -> Bool {
        var names = self
        guard names.rest.count > 0 else { return false }
        while names.rest.count > 0 {
            guard let name = names.next(in: bytes), name.count > 0 else { return false }
        }
        return true
    }
}

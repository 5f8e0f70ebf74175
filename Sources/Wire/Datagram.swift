/// The plaintext of a datagram: parts one after another.
package enum Datagram {
    /// The most bytes in one UDP payload; together with the headers of IPv6 and UDP it passes
    /// every path (RFC 8200 section 5: 1,280 bytes).
    package static let sizeMax = 1_200
    /// What IPv4 and UDP add to each datagram (RFC 791, RFC 768); IPv6 adds another 20.
    package static let headerBytes = 28
    /// The most bytes before sealing.
    package static let plaintextMax = sizeMax - Seal.overhead

    /// Reads all parts; unknown ones are skipped.
    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> [Part] {
        var reader = WireReader(end: bytes.count)
        var parts: [Part] = []
        while !reader.isAtEnd {
            var (type, body) = try reader.readField(bytes)
            if let part = try Part.read(type: type, bytes, &body) { parts.append(part) }
        }
        return parts
    }
}

/// Fills one datagram part by part.
package struct DatagramBuilder {
    private var writer = WireWriter()
    /// The most bytes of plaintext.
    package let limit: Int

    /// An empty datagram of at most `limit` bytes before sealing.
    package init(limit: Int = Datagram.plaintextMax) {
        self.limit = min(limit, Datagram.plaintextMax)
    }

    package var bytes: [UInt8] { writer.bytes }
    package var isEmpty: Bool { writer.count == 0 }

    /// Appends a part if it fits; the answer says whether it did.
    @discardableResult
    package mutating func append(_ part: Part) -> Bool {
        let before = writer.count
        part.write(to: &writer)
        guard writer.count > limit else { return true }
        writer.truncate(to: before)
        return false
    }
}

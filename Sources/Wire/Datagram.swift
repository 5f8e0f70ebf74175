/// The plaintext of a datagram: parts one after another.
package enum Datagram {
    /// The most bytes in one UDP payload; together with the headers of IPv6 and UDP it passes
    /// every path (RFC 8200 section 5: 1,280 bytes).
    package static let sizeMax = 1_200
    /// What IPv4 and UDP add to each datagram (RFC 791, RFC 768); IPv6 adds another 20.
    package static let headerBytes = 28
    /// The most bytes before sealing.
    package static let plaintextMax = sizeMax - Seal.overhead

    /// What a datagram says.
    package struct Contents: Hashable, Sendable {
        package var parts: [Part]
        /// The first handshake; more than one is more than anybody needs to say.
        package var handshake: Handshake?

        package init(parts: [Part] = [], handshake: Handshake? = nil) {
            self.parts = parts
            self.handshake = handshake
        }
    }

    /// Reads everything; parts of unknown types are skipped.
    package static func contents(of bytes: Span<UInt8>) throws(WireError) -> Contents {
        var reader = WireReader(end: bytes.count)
        var contents = Contents()
        while !reader.isAtEnd {
            var (number, body) = try reader.readField(bytes)
            guard let type = PartType(rawValue: number) else { continue }
            if let part = try Part.read(type, bytes, &body) {
                contents.parts.append(part)
            } else if let handshake = try Handshake.read(type, bytes, &body) {
                contents.handshake = contents.handshake ?? handshake
            }
            try body.skipExtensions(bytes)
        }
        return contents
    }

    /// Reads all parts; handshakes and unknown types are skipped.
    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> [Part] {
        try contents(of: bytes).parts
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
        append { part.write(to: &$0) }
    }

    /// Appends a handshake if it fits; the answer says whether it did.
    @discardableResult
    package mutating func append(_ handshake: Handshake) -> Bool {
        append { handshake.write(to: &$0) }
    }

    private mutating func append(_ write: (inout WireWriter) -> Void) -> Bool {
        let before = writer.count
        write(&writer)
        guard writer.count > limit else { return true }
        writer.truncate(to: before)
        return false
    }
}

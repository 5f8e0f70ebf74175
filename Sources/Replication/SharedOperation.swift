/// What a shared record says: the value of its key from now on, or that the key is removed, and
/// which earlier operations on the key this supersedes.
///
/// Its writer covers what it has seen. So of two operations made without knowledge of each other
/// neither covers the other: two values are both kept, and a value outlives a removal that did not
/// know it.
package struct SharedOperation: Hashable, Sendable {
    /// The most covered operations that this release reads.
    package static let coversMax = 64

    /// The value, or nil in a removal.
    package let value: [UInt8]?
    /// The operations that it supersedes, the newest first. The list may be incomplete, because
    /// what it leaves out is found by comparison.
    package let covers: [Dot]

    package init(value: [UInt8]?, covers: [Dot]) {
        self.value = value
        self.covers = covers
    }

    /// The payload of the record, with as many of the covered operations as `limit` bytes hold.
    package func encode(limit: Int) -> [UInt8] {
        var head = PayloadWriter()
        // One more than the length, so that 0 says that there is no value.
        head.writeNumber(UInt64((value?.count ?? -1) + 1))
        head.write(value ?? [])
        var list = PayloadWriter()
        var count: UInt64 = 0
        for dot in covers.prefix(Self.coversMax) {
            var one = PayloadWriter()
            one.writeWord(dot.life.writer)
            one.writeNumber(dot.life.generation)
            one.writeNumber(dot.version)
            guard head.bytes.count + 1 + list.bytes.count + one.bytes.count <= limit else { break }
            list.write(one.bytes)
            count += 1
        }
        head.writeNumber(count)
        head.write(list.bytes)
        return head.bytes
    }

    package static func decode(_ payload: [UInt8]) throws(PayloadError) -> SharedOperation {
        var reader = PayloadReader(payload)
        let length = try reader.readNumber(most: UInt64(payload.count) + 1)
        let value = length == 0 ? nil : try reader.readBytes(count: Int(length) - 1)
        var covers: [Dot] = []
        for _ in 0..<(try reader.readNumber(most: UInt64(coversMax))) {
            let writer = try reader.readWord()
            let generation = try reader.readNumber(most: .max)
            let version = try reader.readNumber(most: Record.versionMax)
            guard version > 0 else { throw .invalid }
            covers.append(
                Dot(life: Life(writer: writer, generation: generation), version: version))
        }
        try reader.skipExtensions()
        return SharedOperation(value: value, covers: covers)
    }
}

package import Membership
import Primitives

/// What is said of a version of the configuration document before its bytes are there.
package struct DocumentHeader: Hashable, Sendable {
    /// The longest document, in bytes.
    package static let lengthMax = 256 * 1024
    /// The bytes of each chunk but the last.
    package static let chunkLength = 900

    /// Who published it.
    package let writer: Identity
    /// One more than that of the document which its writer knew.
    package let revision: UInt64
    /// In bytes.
    package let length: Int
    /// `StableHash` of the bytes.
    package let checksum: UInt64

    package init(writer: Identity, revision: UInt64, bytes: [UInt8]) {
        self.init(
            writer: writer, revision: revision, length: bytes.count,
            checksum: Self.checksum(of: bytes))
    }

    init(writer: Identity, revision: UInt64, length: Int, checksum: UInt64) {
        self.writer = writer
        self.revision = revision
        self.length = length
        self.checksum = checksum
    }

    var chunkCount: Int { Self.chunkCount(of: length) }

    /// Which of two documents holds: that of the higher revision; of two published with the same
    /// revision, without knowledge of each other, that of the writer whose name has the greater
    /// `StableHash`, mixed with what tells two documents of one writer apart.
    package var version: DigestVersion {
        var tie = StableHash()
        tie.combine(writer.name.stableHash)
        tie.combine(writer.generation)
        tie.combine(UInt64(length))
        tie.combine(checksum)
        return DigestVersion(generation: revision, counter: tie.value)
    }

    /// The id of a chunk in digests: no two documents share one.
    func chunkID(_ index: Int) -> UInt64 {
        var hash = StableHash(of: "chunk")
        hash.combine(version.generation)
        hash.combine(version.counter)
        hash.combine(UInt64(index))
        return hash.value
    }

    /// How long the chunk of that index must be.
    func length(ofChunk index: Int) -> Int {
        min(Self.chunkLength, length - index * Self.chunkLength)
    }

    static func chunkCount(of length: Int) -> Int { (length + chunkLength - 1) / chunkLength }

    static func checksum(of bytes: [UInt8]) -> UInt64 {
        var hash = StableHash()
        for start in stride(from: 0, to: bytes.count, by: 8) {
            let word = bytes[start..<min(start + 8, bytes.count)].reduce(UInt64(0)) {
                $0 << 8 | UInt64($1)
            }
            hash.combine(word)
        }
        hash.combine(UInt64(bytes.count))
        return hash.value
    }
}

// MARK: - Records

extension DocumentHeader {
    /// The key of the header; that of the chunk `index` has the id `index + 1`.
    package static let key = RecordKey(kind: .document, id: 0)

    /// The record that carries the header.
    package var record: Record {
        var payload = PayloadWriter()
        payload.writeNumber(UInt64(length))
        payload.writeNumber(UInt64(chunkCount))
        payload.writeWord(checksum)
        return record(Self.key, payload: payload.bytes)
    }

    /// The record that carries a chunk.
    func record(ofChunk index: Int, bytes: some Sequence<UInt8>) -> Record {
        var payload = PayloadWriter()
        payload.writeWord(version.counter)
        payload.write(bytes)
        let key = RecordKey(kind: .document, id: UInt64(index) + 1)
        return record(key, payload: payload.bytes)
    }

    private func record(_ key: RecordKey, payload: [UInt8]) -> Record {
        Record(
            owner: writer, key: key, version: revision, recordClass: .shared, payload: payload)
    }

    /// The header that a record carries.
    init(_ record: Record) throws(PayloadError) {
        guard let payload = record.payload, (1...Record.versionMax).contains(record.version) else {
            throw .invalid
        }
        var reader = PayloadReader(payload)
        let length = Int(try reader.readNumber(most: UInt64(Self.lengthMax)))
        let count = try reader.readNumber(most: UInt64(Self.lengthMax))
        guard count == UInt64(Self.chunkCount(of: length)) else { throw .invalid }
        let checksum = try reader.readWord()
        try reader.skipExtensions()
        self.init(
            writer: record.owner, revision: record.version, length: length, checksum: checksum)
    }
}

package import Membership
package import Primitives

/// The configuration document of the cluster: one sequence of bytes that any node may replace.
///
/// Of all published documents that of the highest `DocumentHeader.version` holds. The header is
/// spread as a record, by nodes that have the whole document, and listed in digests; whoever hears
/// of a higher one asks that node for the chunks. Until all of them are there and their checksum is
/// right the former document stays, so no node ever works with a half.
package struct SharedDocument: Sendable {
    /// A document that is complete.
    package struct Complete: Hashable, Sendable {
        package let header: DocumentHeader
        package let bytes: [UInt8]
    }

    package let configuration: DocumentConfiguration
    package private(set) var owner: Identity
    /// The document that holds here, or nil when there was none yet.
    package private(set) var current: Complete?

    private var assembly: DocumentAssembly?
    private var indices: [UInt64: Int] = [:]
    /// The document whose bytes were wrong last, and how often they were.
    private var wrong: (version: DigestVersion, times: Int)?

    /// No document. The generation of `owner` must be greater than in all its former lives.
    package init(configuration: DocumentConfiguration = DocumentConfiguration(), owner: Identity) {
        self.configuration = configuration
        self.owner = owner
    }

    /// Goes on in the name of a later generation of the owner.
    package mutating func renew(owner identity: Identity) { owner = identity }

    /// Replaces the document. The header is to be spread; see `record(key:)`. The answer is nil if
    /// it is the same already.
    package mutating func publish(_ bytes: [UInt8]) throws(SharedError) -> DocumentChange? {
        guard bytes.count <= DocumentHeader.lengthMax else {
            throw .tooLarge(bytes: bytes.count, limit: DocumentHeader.lengthMax)
        }
        let revisions = [
            current?.header.revision, assembly?.header.revision, wrong?.version.generation,
        ]
        let known = revisions.compactMap(\.self).max() ?? 0
        guard known < Record.versionMax else { throw .exhausted }
        if current?.bytes == bytes, assembly == nil { return nil }
        let header = DocumentHeader(writer: owner, revision: known + 1, bytes: bytes)
        return adopt(Complete(header: header, bytes: bytes))
    }

    /// Takes in a record of the kind `document`.
    package mutating func merge(_ record: Record, at now: Instant) -> DocumentMerge {
        giveUp(at: now)
        if record.key == DocumentHeader.key {
            guard let header = try? DocumentHeader(record) else { return .refused(.malformed) }
            return merge(header, at: now)
        }
        return merge(chunk: record, at: now)
    }

    private mutating func merge(_ header: DocumentHeader, at now: Instant) -> DocumentMerge {
        if let current, header.version <= current.header.version {
            return header.version == current.header.version ? .known : .outdated
        }
        if let wrong, wrong.version == header.version, wrong.times >= configuration.attempts {
            return .refused(.wrongChecksum)
        }
        if let assembly, header.version <= assembly.header.version {
            return header.version == assembly.header.version ? .incomplete : .outdated
        }
        assembly = DocumentAssembly(header: header, at: now)
        return finish()
    }

    private mutating func merge(chunk record: Record, at now: Instant) -> DocumentMerge {
        var reader = PayloadReader(record.payload ?? [])
        guard let tie = try? reader.readWord() else { return .refused(.malformed) }
        let version = DigestVersion(generation: record.version, counter: tie)
        guard let header = assembly?.header, header.version == version else {
            guard let current else { return .outdated }
            return version == current.header.version ? .known : .outdated
        }
        guard record.key.id >= 1, record.key.id <= UInt64(header.chunkCount) else {
            return .refused(.malformed)
        }
        let index = Int(record.key.id) - 1
        guard reader.remaining == header.length(ofChunk: index),
            let bytes = try? reader.readBytes(count: reader.remaining)
        else { return .refused(.malformed) }
        guard assembly?.insert(bytes, at: index, now: now) == true else { return .known }
        return finish()
    }

    /// Adopts the document if it is complete.
    private mutating func finish() -> DocumentMerge {
        guard let assembly, let bytes = assembly.bytes else { return .incomplete }
        self.assembly = nil
        let header = assembly.header
        guard DocumentHeader.checksum(of: bytes) == header.checksum else {
            let times = wrong?.version == header.version ? wrong?.times ?? 0 : 0
            wrong = (header.version, times + 1)
            return .refused(.wrongChecksum)
        }
        return .adopted(adopt(Complete(header: header, bytes: bytes)))
    }

    private mutating func adopt(_ document: Complete) -> DocumentChange {
        let change = DocumentChange(header: document.header, former: current?.header)
        current = document
        assembly = nil
        wrong = nil
        indices = Dictionary(
            uniqueKeysWithValues: (0..<document.header.chunkCount).map {
                (document.header.chunkID($0), $0)
            })
        return change
    }

    // MARK: - Asking for chunks

    /// The ids of the chunks to ask for now: of the sender of a header or a chunk when that came
    /// in, of any node at `nextDeadline`. Empty when there is nothing to ask for.
    package mutating func wants(at now: Instant) -> [UInt64] {
        giveUp(at: now)
        return assembly?.wants(at: now, limits: configuration) ?? []
    }

    /// When `wants` should be asked next, if nothing comes in before.
    package var nextDeadline: Instant {
        assembly?.nextDeadline(limits: configuration) ?? Instant(nanoseconds: .max)
    }

    /// Ends an assembly that does not get on: its writer died before anybody had it all. It begins
    /// anew when a node that has it says so.
    private mutating func giveUp(at now: Instant) {
        guard let assembly, assembly.lastProgress + configuration.patience <= now else { return }
        self.assembly = nil
    }

    // MARK: - For spreading and comparison

    /// The id of the document in digests.
    package static let digestID = StableHash(of: "document").value

    /// What digests say of the document: its version. Chunks are not listed.
    package var digestEntry: DigestEntry? {
        current.map { DigestEntry(id: Self.digestID, version: $0.header.version) }
    }

    /// What the document adds to the sum of a view.
    package var fingerprint: UInt64 { digestEntry?.fingerprint ?? 0 }

    /// The record to send for an id: the header of the present document, or a chunk.
    package func record(id: UInt64) -> Record? {
        guard let current else { return assembly?.record(id: id) }
        if id == Self.digestID { return current.header.record }
        guard let index = indices[id] else { return assembly?.record(id: id) }
        let start = index * DocumentHeader.chunkLength
        let end = start + current.header.length(ofChunk: index)
        return current.header.record(ofChunk: index, bytes: current.bytes[start..<end])
    }

    /// The record to spread under that key and owner: the header of the present document.
    package func record(owner name: NodeName, key: RecordKey) -> Record? {
        guard let header = current?.header, header.writer.name == name, key == DocumentHeader.key
        else { return nil }
        return header.record
    }

    /// How many chunks of how many are here of a document that is not complete yet.
    package var progress: (present: Int, of: Int)? { assembly?.progress }
}

/// Limits and times of `SharedDocument`. The length of a document is `DocumentHeader.lengthMax`.
package struct DocumentConfiguration: Hashable, Sendable {
    /// The most chunks that are asked for and not yet there.
    package var window = 8
    /// After how long a chunk is asked for again.
    package var retryInterval: Duration = .milliseconds(300)
    /// How long a document that does not get on is waited for.
    package var patience: Duration = .seconds(10)
    /// How often a document is fetched whose bytes do not fit its checksum.
    package var attempts = 3

    package init() {}
}

/// That another document holds from now on.
package struct DocumentChange: Hashable, Sendable {
    package let header: DocumentHeader
    /// The one that held before. If its revision is the same, two were published without knowledge
    /// of each other, and it was lost.
    package let former: DocumentHeader?

    package init(header: DocumentHeader, former: DocumentHeader?) {
        self.header = header
        self.former = former
    }

    /// Whether the former document was published without its successor's writer knowing of it.
    package var isConflict: Bool { header.revision == former?.revision }
}

/// What a record of the document did.
package enum DocumentMerge: Hashable, Sendable {
    /// The document is complete: its header should be relayed.
    case adopted(DocumentChange)
    /// Chunks are missing; the sender should be asked for `SharedDocument.wants(at:)`.
    case incomplete
    case known
    /// A higher document is known here, of which the sender hears by comparison.
    case outdated
    /// It changed nothing.
    case refused(Refusal)

    package enum Refusal: Hashable, Sendable {
        /// The record is not such as a node writes.
        case malformed
        /// The bytes are not those of the header.
        case wrongChecksum
    }
}

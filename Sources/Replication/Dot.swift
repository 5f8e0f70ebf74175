package import Membership
import Primitives

/// One life of a writer of shared records.
package struct Life: Hashable, Sendable {
    /// `NodeName.stableHash` of the writer.
    package let writer: UInt64
    /// Counts the writer's lives: `Identity.generation`.
    package let generation: UInt64

    package init(writer: UInt64, generation: UInt64) {
        self.writer = writer
        self.generation = generation
    }

    package init(_ identity: Identity) {
        self.init(writer: identity.name.stableHash, generation: identity.generation)
    }

    /// What stands for the life's `Watermark` in digests.
    var digestID: UInt64 {
        var hash = StableHash(of: "watermark")
        hash.combine(writer)
        hash.combine(generation)
        return hash.value
    }
}

/// Names one operation on the shared records: the `version`-th of that life.
///
/// The term is that of Preguiça and others, "Dotted Version Vectors" (2010).
package struct Dot: Hashable, Sendable {
    package let life: Life
    /// 1 for the first operation of a life, at most `Record.versionMax`.
    package let version: UInt64

    package init(life: Life, version: UInt64) {
        self.life = life
        self.version = version
    }

    init(_ record: Record) {
        self.init(life: Life(record.owner), version: record.version)
    }
}

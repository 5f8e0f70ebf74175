package import Membership
import Primitives

/// Names one version of one item, in 64 bits each for what and which.
package struct DigestEntry: Hashable, Sendable {
    package let id: UInt64
    package let version: DigestVersion

    package init(id: UInt64, version: DigestVersion) {
        self.id = id
        self.version = version
    }

    package var fingerprint: UInt64 {
        StableHash.fingerprint(
            id: id, generation: version.generation, counter: version.counter)
    }
}

/// How new an item is: the generation of its owner, then a counter within it.
package struct DigestVersion: Hashable, Comparable, Sendable {
    package let generation: UInt64
    package let counter: UInt64

    package init(generation: UInt64, counter: UInt64) {
        self.generation = generation
        self.counter = counter
    }

    package static func < (left: DigestVersion, right: DigestVersion) -> Bool {
        (left.generation, left.counter) < (right.generation, right.counter)
    }
}

/// What a node has between two ids, both included.
package struct DigestRange: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// The sum of the fingerprints of all entries.
        case fingerprint(UInt64)
        /// All entries, sorted by id.
        case entries([DigestEntry])
    }

    package let lower: UInt64
    package let upper: UInt64
    package let content: Content

    package init(lower: UInt64, upper: UInt64, content: Content) {
        self.lower = lower
        self.upper = upper
        self.content = content
    }
}

extension Claim {
    package var digestEntry: DigestEntry {
        DigestEntry(
            id: identity.name.stableHash,
            version: DigestVersion(generation: identity.generation, counter: counter))
    }
}

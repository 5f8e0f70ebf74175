import Primitives
package import Replication

/// What a node found out about one backend with one check: the payload of an observation record.
package struct BackendObservation: Hashable, Sendable {
    package enum Status: UInt8, Hashable, Sendable {
        case unknown = 0
        case up = 1
        case down = 2
    }

    /// The longest `backend`, in bytes.
    package static let backendLengthMax = 200
    /// The longest `text`, in bytes.
    package static let textLengthMax = 80

    /// The pool and address of the backend, as the caller spells them.
    package var backend: String
    /// A hash of the check's settings: observations of different checks do not compare.
    package var check: UInt64
    package var status: Status
    /// Why, as a number that the prober defines.
    package var reason: UInt16
    /// Why, in a few words.
    package var text: String
    /// How long the status had lasted when the record was made. There is no common clock, so ages
    /// travel; add the age of the record (`StoredRecord.age(at:)`).
    package var lastedMilliseconds: UInt64

    package init(
        backend: String, check: UInt64, status: Status, reason: UInt16 = 0, text: String = "",
        lastedMilliseconds: UInt64 = 0
    ) {
        self.backend = backend
        self.check = check
        self.status = status
        self.reason = reason
        self.text = text
        self.lastedMilliseconds = lastedMilliseconds
    }

    /// The key under which a node publishes its observation of that backend by that check.
    package static func key(backend: String, check: UInt64) -> RecordKey {
        var hash = StableHash(of: backend)
        hash.combine(check)
        return RecordKey(kind: .observation, id: hash.value)
    }

    package var key: RecordKey { Self.key(backend: backend, check: check) }

    /// The payload. Fails when a text is too long; nothing is cut silently.
    package func encode() throws(WireError) -> [UInt8] {
        guard backend.utf8.count <= Self.backendLengthMax, text.utf8.count <= Self.textLengthMax
        else { throw .invalid(.text) }
        var writer = WireWriter()
        writer.writeText(backend)
        writer.writeFixed(check, count: 8)
        writer.write(status.rawValue)
        writer.writeNumber(UInt64(reason))
        writer.writeText(text)
        writer.writeNumber(lastedMilliseconds)
        return writer.bytes
    }

    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> BackendObservation {
        var reader = WireReader(end: bytes.count)
        let backend = try reader.readText(bytes, longest: backendLengthMax, .text)
        let check = try reader.readFixed(bytes, count: 8)
        guard let status = Status(rawValue: try reader.readByte(bytes)) else {
            throw .invalid(.status)
        }
        let reason = try reader.readNumber(bytes, most: UInt64(UInt16.max), .status)
        let text = try reader.readText(bytes, longest: textLengthMax, .text)
        let lasted = try reader.readNumber(bytes)
        try reader.skipExtensions(bytes)
        return BackendObservation(
            backend: backend, check: check, status: status, reason: UInt16(reason), text: text,
            lastedMilliseconds: lasted)
    }
}

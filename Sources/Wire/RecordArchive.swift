package import Replication

/// Records as a file keeps them, each as it travels and behind its length.
package enum RecordArchive {
    /// The bytes of these records.
    package static func encode(_ records: [Record]) -> [UInt8] {
        var archive = WireWriter()
        for record in records {
            var writer = WireWriter()
            Part.record(record, ageMilliseconds: 0).write(to: &writer)
            archive.writeNumber(UInt64(writer.count))
            archive.write(writer.bytes)
        }
        return archive.bytes
    }

    /// The records of an archive; fails when it is not whole, or was not made by `encode`.
    package static func decode(_ bytes: [UInt8]) throws(WireError) -> [Record] {
        let span = bytes.span
        var reader = WireReader(end: bytes.count)
        var records: [Record] = []
        while !reader.isAtEnd {
            let length = try reader.readNumber(span, most: UInt64(bytes.count), .extensions)
            guard length <= UInt64(reader.remaining) else { throw .truncated }
            var one = WireReader(from: reader.offset, end: reader.offset + Int(length))
            var (type, body) = try one.readField(span)
            guard let kind = PartType(rawValue: type), one.isAtEnd,
                case .record(let record, _) = try Part.read(kind, span, &body)
            else { throw .invalid(.extensions) }
            records.append(record)
            _ = try reader.readBytes(span, count: Int(length))
        }
        return records
    }
}

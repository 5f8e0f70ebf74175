import Replication

/// How what shared records say besides records is written; see `SharedItem`.
extension WireWriter {
    /// Each range as how many versions are missing before it and how many more than one it has, so
    /// that most take two bytes.
    mutating func write(_ watermark: Watermark) {
        writeFixed(watermark.life.writer, count: 8)
        writeNumber(watermark.life.generation)
        writeFixed(watermark.live, count: 8)
        write(UInt8(truncatingIfNeeded: watermark.seen.count))
        var next: UInt64 = 1
        for range in watermark.seen {
            writeNumber(range.lowerBound - next)
            writeNumber(range.upperBound - range.lowerBound)
            next = range.upperBound + 1
        }
    }

    mutating func write(dead entries: [DigestEntry]) {
        write(UInt8(truncatingIfNeeded: entries.count))
        for entry in entries {
            writeFixed(entry.id, count: 8)
            writeNumber(entry.version.generation)
            writeNumber(entry.version.counter)
        }
    }
}

extension WireReader {
    mutating func readWatermark(_ bytes: Span<UInt8>) throws(WireError) -> Watermark {
        let writer = try readFixed(bytes, count: 8)
        let life = Life(writer: writer, generation: try readNumber(bytes))
        let live = try readFixed(bytes, count: 8)
        let count = Int(try readByte(bytes))
        guard count <= Watermark.rangeLimit else { throw .invalid(.version) }
        var seen: [ClosedRange<UInt64>] = []
        var next: UInt64 = 1
        for _ in 0..<count {
            // Both are so small that sums do not overflow.
            let lower = next + (try readNumber(bytes, most: Record.versionMax, .version))
            let upper = lower + (try readNumber(bytes, most: Record.versionMax, .version))
            guard upper <= Record.versionMax else { throw .invalid(.version) }
            seen.append(lower...upper)
            next = upper + 1
        }
        let watermark = Watermark(life: life, seen: seen, live: live)
        guard watermark.isWellFormed else { throw .invalid(.version) }
        return watermark
    }

    mutating func readDead(_ bytes: Span<UInt8>) throws(WireError) -> [DigestEntry] {
        let count = Int(try readByte(bytes))
        guard count <= SharedItem.deadLimit else { throw .invalid(.range) }
        var entries: [DigestEntry] = []
        for _ in 0..<count {
            let id = try readFixed(bytes, count: 8)
            let generation = try readNumber(bytes)
            let version = DigestVersion(generation: generation, counter: try readNumber(bytes))
            entries.append(DigestEntry(id: id, version: version))
        }
        return entries
    }
}

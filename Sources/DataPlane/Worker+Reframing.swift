import HTTP1

/// What re-framing one stretch of a body did.
struct Reframed {
    /// Bytes of the input that belong to the body.
    var used: Int
    /// Bytes of output in the scratch buffer.
    var written: Int
    var ended: Bool
}

/// Bodies in the chunked coding are never passed on as they came: their data is framed anew.
extension Worker {
    /// Decodes chunked input and writes its data to the scratch buffer, from `start` on.
    func reframe(
        _ bytes: UnsafeRawPointer, count: Int, _ decoder: inout ChunkedDecoder,
        as encoding: BodyEncoding, at start: Int = 0
    ) throws(HTTPParseError) -> Reframed {
        let input = UnsafeBytes(at: bytes, count: count)
        var writer = ByteWriter(
            UnsafeMutableRawBufferPointer(
                start: writeScratch + start, count: Self.writeScratchSize - start))
        var offset = 0
        while true {
            switch try decoder.next(input.span, at: &offset) {
            case .data(let range):
                if encoding == .chunked { writer.appendChunkStart(range.count) }
                writer.append(input.span.extracting(range))
                if encoding == .chunked { writer.appendChunkEnd() }
            case .needMore:
                return Reframed(used: offset, written: writer.count, ended: false)
            case .end:
                if encoding == .chunked { writer.appendLastChunk() }
                return Reframed(used: offset, written: writer.count, ended: true)
            }
        }
    }

    /// Writes bytes of a body that ends with its connection; none of them are the end.
    ///
    /// - Returns: how many bytes were written to the scratch buffer.
    func reframeUntilClose(
        _ bytes: UnsafeRawPointer, count: Int, as encoding: BodyEncoding, at start: Int
    ) -> Int {
        var writer = ByteWriter(
            UnsafeMutableRawBufferPointer(
                start: writeScratch + start, count: Self.writeScratchSize - start))
        let input = UnsafeBytes(at: bytes, count: count)
        switch (encoding, count) {
        case (.chunked, 0): writer.appendLastChunk()
        case (.chunked, _):
            writer.appendChunkStart(count)
            writer.append(input.span)
            writer.appendChunkEnd()
        case (.verbatim, _): writer.append(input.span)
        }
        return writer.count
    }
}

/// The chunked transfer coding, written (RFC 9112 section 7.1).
extension ByteWriter {
    /// Starts a chunk of `length` bytes. Zero would end the body, so the caller skips empty data.
    @inlinable
    package mutating func appendChunkStart(_ length: Int) {
        precondition(length > 0, "an empty chunk ends a body")
        appendHex(UInt64(length))
        append("\r\n")
    }

    /// Ends a chunk, behind its data.
    @inlinable
    package mutating func appendChunkEnd() {
        append("\r\n")
    }

    /// Ends the body: the last chunk and an empty trailer section.
    @inlinable
    package mutating func appendLastChunk() {
        append("0\r\n\r\n")
    }
}

/// What the client gets of a response.
extension ResponseHead {
    /// Writes the head for a client: HTTP/1.1, the backend's status and reason, the end-to-end
    /// fields in order and byte for byte, then framing and `Connection` as `forwarding` says.
    ///
    /// `bytes` is what was parsed. In answers without a body the backend's `Content-Length` is
    /// passed on where it may be (HEAD, 304). An interim response gets no `Connection`. A head
    /// that does not fit sets the writer's `overflowed`.
    package func writeForwarded(
        _ bytes: Span<UInt8>, to writer: inout ByteWriter, forwarding: ResponseForwarding
    ) {
        if minorVersion == 1 && reason.end &+ 2 == fieldsStart && reason.start == 13 {
            fields.writeForwarded(bytes, from: 0, end: fieldsStart, to: &writer)
        } else {
            writer.append("HTTP/1.1 ")
            writer.appendDecimal(UInt64(status))
            writer.append(UInt8.space)
            writer.append(bytes, reason)
            writer.append("\r\n")
            fields.writeForwarded(bytes, from: fieldsStart, end: fieldsStart, to: &writer)
        }
        if forwarding.framing == .chunked { writer.append("Transfer-Encoding: chunked\r\n") }
        if !meaning.control.lengthIsCanonical, mayHaveLength,
            let length = meaning.control.contentLength
        {
            writer.append("Content-Length: ")
            writer.appendDecimal(length)
            writer.append("\r\n")
        }
        guard !isInterim else {
            writer.append("\r\n")
            return
        }
        switch (forwarding.clientMinorVersion, forwarding.keepAlive) {
        case (0, true): writer.append("Connection: keep-alive\r\n\r\n")
        case (_, false): writer.append("Connection: close\r\n\r\n")
        case (_, true): writer.append("\r\n")
        }
    }
}

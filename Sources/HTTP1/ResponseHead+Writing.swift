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
        writeFields(bytes, to: &writer, editor: NoFieldEditor(), cookie: Span())
        writeFraming(to: &writer, forwarding)
        writeEnd(to: &writer, forwarding)
    }

    /// Writes the head for a client with what `cookie` says about the balancer's own cookie,
    /// whose name is `name`. Interim responses are left alone.
    ///
    /// `attributes` follows the token of a cookie that is set and is copied as it is: empty, or
    /// such as `; Path=/; HttpOnly`. The caller answers for name and attributes holding no control
    /// bytes.
    package func writeForwarded(
        _ bytes: Span<UInt8>, to writer: inout ByteWriter, forwarding: ResponseForwarding,
        cookie: AnswerCookie, name: Span<UInt8>, attributes: Span<UInt8>
    ) {
        guard !isInterim else {
            writeForwarded(bytes, to: &writer, forwarding: forwarding)
            return
        }
        switch cookie {
        case .none:
            writeForwarded(bytes, to: &writer, forwarding: forwarding)
            return
        case .prefix(let token):
            writeFields(bytes, to: &writer, editor: SetCookiePrefixer(token: token), cookie: name)
            writeFraming(to: &writer, forwarding)
        case .set(let token, let isPrivate):
            writeFields(bytes, to: &writer, editor: SetCookieRemover(), cookie: name)
            writeFraming(to: &writer, forwarding)
            writer.append("Set-Cookie: ")
            writer.append(name)
            writer.append("=")
            token.append(to: &writer)
            writer.append(attributes)
            writer.append(isPrivate ? "\r\nCache-Control: private\r\n" : "\r\n")
        }
        writeEnd(to: &writer, forwarding)
    }

    /// The status line and the fields that are passed on.
    @inline(__always)
    private func writeFields(
        _ bytes: Span<UInt8>, to writer: inout ByteWriter, editor: some FieldEditor,
        cookie: Span<UInt8>
    ) {
        if minorVersion == 1 && reason.end &+ 2 == fieldsStart && reason.start == 13 {
            fields.writeForwarded(
                bytes, from: 0, end: fieldsStart, to: &writer, editor: editor, cookie: cookie)
        } else {
            writer.append("HTTP/1.1 ")
            writer.appendDecimal(UInt64(status))
            writer.append(UInt8.space)
            writer.append(bytes, reason)
            writer.append("\r\n")
            fields.writeForwarded(
                bytes, from: fieldsStart, end: fieldsStart, to: &writer, editor: editor,
                cookie: cookie)
        }
    }

    @inline(__always)
    private func writeFraming(to writer: inout ByteWriter, _ forwarding: ResponseForwarding) {
        if forwarding.framing == .chunked { writer.append("Transfer-Encoding: chunked\r\n") }
        if !meaning.control.lengthIsCanonical, mayHaveLength,
            let length = meaning.control.contentLength
        {
            writer.append("Content-Length: ")
            writer.appendDecimal(length)
            writer.append("\r\n")
        }
    }

    /// `Connection` where it is needed, and the empty line.
    @inline(__always)
    private func writeEnd(to writer: inout ByteWriter, _ forwarding: ResponseForwarding) {
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

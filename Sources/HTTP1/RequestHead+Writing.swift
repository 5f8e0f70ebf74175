/// What the backend gets of a request.
extension RequestHead {
    /// Writes the head for a backend: the target in origin form (or `*`), HTTP/1.1, the end-to-end
    /// fields in order and byte for byte, and the proxy's own fields behind them.
    ///
    /// `bytes` is what was parsed. `X-Forwarded-For` gets the client appended to what was there;
    /// `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Real-IP` replace what came. In absolute form
    /// `Host` is made from the target and stands first. The connection is kept, as HTTP/1.1 does
    /// without a word. A head that does not fit sets the writer's `overflowed`.
    package func writeForwarded(
        _ bytes: Span<UInt8>, to writer: inout ByteWriter, forwarding: borrowing Forwarding
    ) {
        write(
            bytes, to: &writer, forwarding: forwarding, editor: NoFieldEditor(), cookie: Span())
    }

    /// Writes the head for a backend with one change: what `edit` says becomes of the cookie
    /// `name`, in all `Cookie` fields.
    package func writeForwarded(
        _ bytes: Span<UInt8>, to writer: inout ByteWriter, forwarding: borrowing Forwarding,
        cookie name: Span<UInt8>, edit: CookieEdit
    ) {
        switch edit {
        case .keep:
            writeForwarded(bytes, to: &writer, forwarding: forwarding)
        case .remove:
            write(
                bytes, to: &writer, forwarding: forwarding, editor: CookieRemover(), cookie: name)
        case .unprefix:
            write(
                bytes, to: &writer, forwarding: forwarding, editor: CookieUnprefixer(),
                cookie: name)
        }
    }

    private func write(
        _ bytes: Span<UInt8>, to writer: inout ByteWriter, forwarding: borrowing Forwarding,
        editor: some FieldEditor, cookie: Span<UInt8>
    ) {
        if targetForm == .origin && minorVersion == 1 {
            fields.writeForwarded(
                bytes, from: lineStart, end: fieldsStart, to: &writer, editor: editor,
                cookie: cookie)
        } else {
            writeLine(bytes, to: &writer)
            if targetForm == .absolute || !meaning.hasHost {
                writer.append("Host: ")
                writeHost(bytes, to: &writer, forwarding: forwarding)
                writer.append("\r\n")
            }
            fields.writeForwarded(
                bytes, from: fieldsStart, end: fieldsStart, to: &writer, editor: editor,
                cookie: cookie)
        }
        writeFraming(to: &writer)
        writer.append("X-Forwarded-For: ")
        if meaning.hasForwardedFor { writeForwardedFor(bytes, to: &writer) }
        forwarding.client.append(to: &writer)
        if forwarding.isTLS {
            writer.append("\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: ")
        } else {
            writer.append("\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ")
        }
        writeHost(bytes, to: &writer, forwarding: forwarding)
        writer.append("\r\nX-Real-IP: ")
        forwarding.client.append(to: &writer)
        writer.append("\r\n\r\n")
    }

    /// The request line, where the one that came cannot be copied.
    private func writeLine(_ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.append(bytes, methodRange)
        writer.append(UInt8.space)
        if targetForm == .absolute && path.isEmpty && method == .options {
            // RFC 9112 section 3.2.4: the server as a whole was meant.
            writer.append("*")
        } else {
            if isPathImplied { writer.append("/") }
            writer.append(bytes, path)
        }
        writer.append(" HTTP/1.1\r\n")
    }

    @inline(__always)
    private func writeHost(
        _ bytes: Span<UInt8>, to writer: inout ByteWriter, forwarding: borrowing Forwarding
    ) {
        if host.isEmpty {
            forwarding.listener.append(to: &writer)
        } else {
            writer.append(bytes, host)
        }
    }

    @inline(__always)
    private func writeFraming(to writer: inout ByteWriter) {
        switch framing {
        case .chunked:
            writer.append("Transfer-Encoding: chunked\r\n")
        case .length(let length):
            guard !meaning.control.lengthIsCanonical else { break }
            writer.append("Content-Length: ")
            writer.appendDecimal(length)
            writer.append("\r\n")
        case .none, .untilClose:
            break
        }
    }

    /// The values of all `X-Forwarded-For` fields that came, each with a comma behind it.
    private func writeForwardedFor(_ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        for index in 0..<fields.count {
            let field = fields[index]
            guard field.known == .xForwardedFor, !field.value.isEmpty else { continue }
            writer.append(bytes, field.value)
            writer.append(", ")
        }
    }
}

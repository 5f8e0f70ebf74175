/// What the balancer does about its own cookie in an answer that goes to a client.
package enum AnswerCookie: BitwiseCopyable, Sendable {
    /// Nothing.
    case none
    /// Sets the cookie to the token, in place of one of that name that the backend may have set:
    /// an answer should not set one cookie twice (RFC 6265 section 4.1.1).
    ///
    /// `isPrivate` adds `Cache-Control: private`, so that no shared cache hands the cookie to
    /// others. HAProxy's `nocache` adds the same line, but only to statuses that RFC 2616 lets a
    /// cache keep unasked; the line does no harm in the others.
    case set(SessionToken, isPrivate: Bool)
    /// Puts the token and `~` before the value of every cookie of that name that the backend
    /// sets; nothing is added when it sets none.
    case prefix(SessionToken)
}

/// Leaves out the `Set-Cookie` fields of one name.
struct SetCookieRemover: FieldEditor {
    @inline(__always)
    func edits(_ field: HeaderField) -> Bool { field.known == .setCookie }

    func write(
        _ field: HeaderField, _ bytes: Span<UInt8>, cookie: Span<UInt8>,
        to writer: inout ByteWriter
    ) {
        guard field.valueOfSetCookie(cookie, in: bytes) == nil else { return }
        writer.append(bytes, field.name)
        writer.append(": ")
        writer.append(bytes, field.value)
        writer.append("\r\n")
    }
}

/// Puts a token before the values of the `Set-Cookie` fields of one name.
struct SetCookiePrefixer: FieldEditor {
    let token: SessionToken

    @inline(__always)
    func edits(_ field: HeaderField) -> Bool { field.known == .setCookie }

    func write(
        _ field: HeaderField, _ bytes: Span<UInt8>, cookie: Span<UInt8>,
        to writer: inout ByteWriter
    ) {
        writer.append(bytes, field.name)
        writer.append(": ")
        if let value = field.valueOfSetCookie(cookie, in: bytes) {
            writer.append(bytes, ByteRange(field.value.start, value.start))
            token.append(to: &writer)
            writer.append(SessionToken.delimiter)
            writer.append(bytes, ByteRange(value.start, field.value.end))
        } else {
            writer.append(bytes, field.value)
        }
        writer.append("\r\n")
    }
}

extension HeaderField {
    /// The value that the field, a `Set-Cookie`, gives the cookie `name`; nil when it sets another
    /// (RFC 6265 section 5.2).
    fileprivate func valueOfSetCookie(
        _ name: Span<UInt8>, in bytes: Span<UInt8>
    ) -> ByteRange? {
        var pairs = CookiePairs(value)
        return pairs.next(in: bytes)?.value(ifNamed: name, in: bytes)
    }
}

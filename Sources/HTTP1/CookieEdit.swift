/// What becomes of the balancer's own cookie in a request that goes to a backend.
package enum CookieEdit: UInt8, BitwiseCopyable, Sendable {
    /// The backend gets it as it came.
    case keep
    /// Every pair of that name goes, and a field that has no other goes with it.
    case remove
    /// Every value of that name that begins with a token and `~` loses both; see `SessionToken`.
    case unprefix
}

/// Takes a cookie out of `Cookie` fields. Every other pair stays, byte for byte, as does what
/// stands between two that stay.
struct CookieRemover: FieldEditor {
    @inline(__always)
    func edits(_ field: HeaderField) -> Bool { field.known == .cookie }

    func write(
        _ field: HeaderField, _ bytes: Span<UInt8>, cookie: Span<UInt8>,
        to writer: inout ByteWriter
    ) {
        var pairs = CookiePairs(field.value)
        // The stretch that stays and has not been written; nil before the first pair that stays.
        var kept: ByteRange?
        var isGap = false
        while let pair = pairs.next(in: bytes) {
            guard !pair.range.isEmpty else { continue }
            guard pair.value(ifNamed: cookie, in: bytes) == nil else {
                isGap = true
                continue
            }
            if let stretch = kept {
                if isGap {
                    writer.append(bytes, stretch)
                    writer.append(UInt8(ascii: ";"))
                    kept = ByteRange(pair.stretchStart, pair.range.end)
                } else {
                    kept = ByteRange(stretch.start, pair.range.end)
                }
            } else {
                writer.append(bytes, field.name)
                writer.append(": ")
                kept = pair.range
            }
            isGap = false
        }
        guard let kept else { return }
        writer.append(bytes, kept)
        writer.append("\r\n")
    }
}

/// Cuts the token off the values of a cookie in `Cookie` fields.
struct CookieUnprefixer: FieldEditor {
    @inline(__always)
    func edits(_ field: HeaderField) -> Bool { field.known == .cookie }

    func write(
        _ field: HeaderField, _ bytes: Span<UInt8>, cookie: Span<UInt8>,
        to writer: inout ByteWriter
    ) {
        writer.append(bytes, field.name)
        writer.append(": ")
        var pairs = CookiePairs(field.value)
        var written = field.value.start
        while let pair = pairs.next(in: bytes) {
            guard let value = pair.value(ifNamed: cookie, in: bytes),
                SessionToken(prefixOf: value, in: bytes) != nil
            else { continue }
            writer.append(bytes, ByteRange(written, value.start))
            written = value.start &+ UInt32(SessionToken.length) &+ 1
        }
        writer.append(bytes, ByteRange(written, field.value.end))
        writer.append("\r\n")
    }
}

/// Changes some of the fields of a head while they are passed on.
///
/// A type and not a value decides at compile time, so that heads without a change cost nothing.
protocol FieldEditor {
    /// Whether `write` writes the field, or leaves it out.
    func edits(_ field: HeaderField) -> Bool

    /// Writes what becomes of the line; `cookie` is the name of the cookie that this is about.
    func write(
        _ field: HeaderField, _ bytes: Span<UInt8>, cookie: Span<UInt8>,
        to writer: inout ByteWriter)
}

/// Leaves every field as it came.
struct NoFieldEditor: FieldEditor {
    @inline(__always)
    func edits(_ field: HeaderField) -> Bool { false }

    @inline(__always)
    func write(
        _ field: HeaderField, _ bytes: Span<UInt8>, cookie: Span<UInt8>,
        to writer: inout ByteWriter
    ) {}
}

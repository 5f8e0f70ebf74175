extension HeaderFields {
    /// Copies the fields that a proxy passes on, in order; lines that follow one another and need
    /// no change are one copy.
    ///
    /// `start..<end` is what stands right before the fields and is copied as well, with the first
    /// of them where it can be: a whole request line, or nothing. `editor` writes the fields that
    /// it changes, and gets the name `cookie` for it.
    @inline(__always)
    func writeForwarded(
        _ bytes: Span<UInt8>, from start: UInt32, end: UInt32, to writer: inout ByteWriter,
        editor: some FieldEditor, cookie: Span<UInt8>
    ) {
        var runStart = start
        var runEnd = end
        for index in 0..<count {
            let field = self[index]
            if editor.edits(field), field.passage != .dropped {
                writer.append(bytes.extracting(Int(runStart)..<Int(runEnd)))
                runStart = runEnd
                editor.write(field, bytes, cookie: cookie, to: &writer)
                continue
            }
            switch field.passage {
            case .dropped:
                continue
            case .verbatim:
                if field.name.start != runEnd {
                    writer.append(bytes.extracting(Int(runStart)..<Int(runEnd)))
                    runStart = field.name.start
                }
                runEnd = field.lineEnd
            case .respaced:
                writer.append(bytes.extracting(Int(runStart)..<Int(runEnd)))
                runStart = runEnd
                writer.append(bytes, field.name)
                writer.append(": ")
                writer.append(bytes, field.value)
                writer.append("\r\n")
            }
        }
        writer.append(bytes.extracting(Int(runStart)..<Int(runEnd)))
    }
}

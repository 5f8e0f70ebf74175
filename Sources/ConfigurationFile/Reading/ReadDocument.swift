/// Reads the one document in `yaml`, a mapping, and then checks what concerns several of its
/// parts. Reports all that is wrong, not only the first.
func readDocument<Value>(
    yaml: String, file: String,
    _ make: (inout SectionReader) -> Value,
    validate: (Value, _ root: YAMLValue, Reporter) -> Void
) throws(InvalidDocument) -> Checked<Value> {
    let reporter = Reporter(file: file)
    let root =
        try YAMLReader.read(yaml: yaml, reporter: reporter) ?? YAMLValue(.nothing, at: .start)
    switch root.content {
    case .mapping(let entries):
        let value = SectionReader.read(entries, at: root.place, reporter, make)
        validate(value, root, reporter)
        return try reporter.finish(value)
    case .invalid:
        break
    case .nothing:
        reporter.error(at: root.place, "the file holds no configuration")
    case .text, .list:
        reporter.error(at: root.place, "expected keys and values, found \(root.summary)")
    }
    throw reporter.failure
}

/// A head as the most forgiving backend might read it.
///
/// Written without a thought of the parser under test, so that the two can be compared: what the
/// parser accepts, and what it writes, must mean the same to a reader that takes bare line feeds
/// for line ends, folds lines, ignores space and control bytes around names and values, and takes
/// underscores for hyphens.
struct LenientHead {
    var method = ""
    var target = ""
    var fields: [(name: String, value: String)] = []

    init(_ head: some Sequence<UInt8>) {
        var lines: [[UInt8]] = []
        for line in Array(head).split(separator: 0x0A, omittingEmptySubsequences: false) {
            var line = Array(line)
            while line.last == 0x0D { line.removeLast() }
            if let first = line.first, first == 0x20 || first == 0x09, !lines.isEmpty {
                lines[lines.count - 1] += line
            } else {
                lines.append(line)
            }
        }
        while lines.first == [] { lines.removeFirst() }
        guard let requestLine = lines.first else { return }
        let words = requestLine.split { $0 <= 0x20 }
        method = words.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        target = words.dropFirst().first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        for line in lines.dropFirst() {
            if line.isEmpty { break }
            let parts = line.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.trimmed(parts[0]).lowercased().map { $0 == "_" ? "-" : $0 }
            fields.append((String(name), parts.count > 1 ? Self.trimmed(parts[1]) : ""))
        }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        let text = bytes.drop { $0 <= 0x20 || $0 == 0x7F }
        let end = text.lastIndex { $0 > 0x20 && $0 != 0x7F }
        return String(decoding: end.map { text[...$0] } ?? [], as: UTF8.self)
    }

    func values(_ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    /// What a forgiving reader believes about the body: the coding, or the length, or nothing.
    var framing: String {
        let codings = values("transfer-encoding")
        if !codings.isEmpty { return "coding " + codings.joined(separator: ",").lowercased() }
        let lengths = values("content-length")
        guard !lengths.isEmpty else { return "none" }
        let digits = lengths.joined(separator: ",").drop { $0 == "0" }
        return "length " + (digits.isEmpty ? "0" : digits)
    }
}

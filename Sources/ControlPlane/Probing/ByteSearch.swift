/// Looks for bytes in what comes piece by piece, without looking at anything twice.
struct ByteSearch: Sendable {
    private let needle: [UInt8]
    /// Where a match could still begin.
    private var start = 0

    init(for needle: [UInt8]) {
        self.needle = needle
    }

    /// Whether the bytes are in `haystack`, which begins with what it was the last time.
    mutating func isFound(in haystack: [UInt8]) -> Bool {
        while start + needle.count <= haystack.count {
            if haystack[start..<(start + needle.count)].elementsEqual(needle) { return true }
            start += 1
        }
        return false
    }
}

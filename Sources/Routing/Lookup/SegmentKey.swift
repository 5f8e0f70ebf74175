/// A segment of a path or a label of a host, as it is looked up.
struct SegmentKey: BitwiseCopyable {
    /// Its bytes 0...7 and 8...15, zeros behind the last.
    private(set) var first: UInt64 = 0
    private(set) var second: UInt64 = 0
    /// Where it starts in its text.
    let start: UInt32
    /// How many bytes it has.
    private(set) var count: UInt32 = 0
    private var hash: UInt64 = 0

    @inline(__always)
    init(start: UInt32) {
        self.start = start
    }

    /// Appends the first `length` bytes of a word of which the rest is zero.
    @inline(__always)
    mutating func append(_ word: ByteWord, length: UInt32) {
        if count == 0 { first = word.bits } else if count == 8 { second = word.bits }
        count &+= length
        hash = (hash ^ word.bits) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash &>> 32
    }

    /// A good hash of the segment under `parent`: with the last steps of SplitMix64.
    @inline(__always)
    func hash(under parent: UInt32) -> UInt64 {
        var mixed = (hash &+ UInt64(count) &+ UInt64(parent) << 32) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 31)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 32)
    }

    /// The segment of a path that starts at `start` and ends before the next `/`.
    @inline(__always)
    init(ofPath path: Span<UInt8>, from start: UInt32) {
        self.init(start: start)
        let end = UInt32(truncatingIfNeeded: path.count)
        var position = start
        while position < end {
            let word = path.word(at: position)
            let slashes = word.marks(.slash)
            let length = min(
                UInt32(truncatingIfNeeded: slashes.trailingZeroBitCount &>> 3), end &- position)
            if length > 0 { append(word.prefix(Int(length)), length: length) }
            guard length == 8 else { return }
            position &+= length
        }
    }

    /// The label that is `range` of a host, in lower case.
    @inline(__always)
    init(ofHost host: Span<UInt8>, _ range: Range<UInt32>) {
        self.init(start: range.lowerBound)
        var position = range.lowerBound
        while position < range.upperBound {
            let length = min(8, range.upperBound &- position)
            append(host.word(at: position).prefix(Int(length)).lowercased, length: length)
            position &+= length
        }
    }
}

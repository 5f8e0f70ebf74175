package import Primitives

extension StableHash {
    /// The hash of a stretch of a head, equal to that of the text whose UTF-8 it is; for keys of
    /// consistent hashing, which must mean the same on every node and in every release.
    package init(of bytes: Span<UInt8>, _ range: ByteRange) {
        self.init(of: bytes.extracting(range.range))
    }

    /// The hash of all of `bytes`, which are at most 4 GiB long, equal to that of the text whose
    /// UTF-8 they are.
    package init(of bytes: Span<UInt8>) {
        self.init()
        let count = UInt32(truncatingIfNeeded: bytes.count)
        let rest = count & 7
        var position: UInt32 = 0
        while position < count &- rest {
            combine(bytes.word(at: position).bits.byteSwapped)
            position &+= 8
        }
        if rest > 0 { combine(bytes.word(at: position).bits.byteSwapped >> UInt64(64 - rest * 8)) }
        combine(UInt64(count))
    }
}

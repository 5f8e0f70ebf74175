/// What an event of the poller is about, packed into its 64-bit token.
///
/// The generation tells the present holder of a slab record from a former one, whose late events
/// are then ignored.
struct Token {
    enum Kind: UInt64 {
        case channel = 0
        case listener = 1
        case client = 2
        case server = 3
    }

    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ kind: Kind, index: UInt32 = 0, generation: UInt32 = 0) {
        rawValue = kind.rawValue << 62 | UInt64(generation & 0x3FFF_FFFF) << 32 | UInt64(index)
    }

    var kind: Kind { Kind(rawValue: rawValue >> 62).unsafelyUnwrapped }
    var index: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

    func isOf(generation: UInt32) -> Bool {
        UInt32(truncatingIfNeeded: rawValue >> 32) & 0x3FFF_FFFF == generation & 0x3FFF_FFFF
    }
}

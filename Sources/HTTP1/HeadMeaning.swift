/// What takes in the known header fields of one kind of head while they are read.
protocol HeadMeaning {
    /// The headers that are not passed on, whatever they say.
    static var dropped: KnownHeaderSet { get }
    /// The headers that `take` is to be called for.
    static var meaningful: KnownHeaderSet { get }

    /// Takes in a field with a meaningful name, the `index`th of the head, and may change what
    /// becomes of its line.
    mutating func take(
        _ field: inout HeaderField, at index: Int, in bytes: Span<UInt8>
    ) throws(HTTPParseError)
}

/// A set of known headers, one bit for each.
struct KnownHeaderSet {
    private let bits: UInt32

    @inline(__always)
    private init(bits: UInt32) {
        self.bits = bits
    }

    @inline(__always)
    init(_ header: KnownHeader) {
        bits = 1 &<< UInt32(header.rawValue)
    }

    @inline(__always)
    static func + (set: KnownHeaderSet, header: KnownHeader) -> KnownHeaderSet {
        KnownHeaderSet(bits: set.bits | KnownHeaderSet(header).bits)
    }

    @inline(__always)
    func contains(_ header: KnownHeader) -> Bool {
        (bits &>> UInt32(header.rawValue)) & 1 == 1
    }

    /// The headers that concern one connection only (RFC 9110 section 7.6.1).
    ///
    /// The two `Proxy-` credentials fields are meant for a proxy that asked for them, and Skein
    /// never asks, so they end here as well. `TE` and `Trailer` end here because trailers do.
    @inline(__always)
    static var hopByHop: KnownHeaderSet {
        KnownHeaderSet(.connection) + .transferEncoding + .upgrade + .keepAlive + .te + .trailer
            + .proxyConnection + .proxyAuthenticate + .proxyAuthorization
    }
}

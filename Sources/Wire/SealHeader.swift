import Membership

/// What a sealed datagram says in the clear:
///
///     version 1 | cluster 2 | key 2 | boot id 16 | counter 6
struct SealHeader {
    static let length = 27
    static let nonceLength = 12
    /// The counter has 48 bits: enough for 892 years at ten thousand datagrams a second.
    static let counterMax: UInt64 = 1 << 48 - 1

    let clusterTag: UInt16
    let keyID: UInt16
    let boot: BootID
    let counter: UInt64

    init(clusterTag: UInt16, keyID: UInt16, boot: BootID, counter: UInt64) {
        self.clusterTag = clusterTag
        self.keyID = keyID
        self.boot = boot
        self.counter = counter
    }

    /// The header of a datagram of at least `length` bytes.
    init(of datagram: Span<UInt8>) {
        func number(_ range: Range<Int>) -> UInt64 {
            var value: UInt64 = 0
            for index in range { value = value << 8 | UInt64(datagram[index]) }
            return value
        }
        clusterTag = UInt16(truncatingIfNeeded: number(1..<3))
        keyID = UInt16(truncatingIfNeeded: number(3..<5))
        boot = BootID(high: number(5..<13), low: number(13..<21))
        counter = number(21..<27)
    }

    /// The bytes, in an array with room for the whole datagram.
    func bytes(capacity: Int) -> [UInt8] {
        var writer = WireWriter(capacity: capacity)
        writer.write(Seal.version)
        writer.writeFixed(UInt64(clusterTag), count: 2)
        writer.writeFixed(UInt64(keyID), count: 2)
        writer.write(boot)
        writer.writeFixed(counter, count: 6)
        return writer.bytes
    }

    /// The first six bytes of the boot id and the counter, in an array with room for more.
    func nonce(capacity: Int = nonceLength) -> [UInt8] {
        var writer = WireWriter(capacity: capacity)
        writer.writeFixed(boot.high >> 16, count: 6)
        writer.writeFixed(counter, count: 6)
        return writer.bytes
    }
}

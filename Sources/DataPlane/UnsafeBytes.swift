/// Bytes in memory that somebody else holds; parsers look at them through the bounds-checked `span`.
typealias UnsafeBytes = UnsafeBufferPointer<UInt8>

extension UnsafeBytes {
    init(at address: UnsafeRawPointer, count: Int) {
        self.init(start: address.assumingMemoryBound(to: UInt8.self), count: count)
    }
}

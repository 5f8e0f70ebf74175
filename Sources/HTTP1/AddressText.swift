package import Primitives

/// The text of an address, kept inline so that it can be written into any number of messages.
///
/// Made once per connection or listener; making it may allocate, writing it does not.
package struct AddressText: BitwiseCopyable, Sendable {
    /// `[`, 45 characters of an IPv6 address, `]:65535`.
    private var storage = InlineArray<53, UInt8>(repeating: 0)
    private var length = 0

    /// The address alone, without brackets.
    package init(_ address: IPAddress) {
        fill(with: address.description)
    }

    /// Address and port, IPv6 in brackets.
    package init(_ address: SocketAddress) {
        fill(with: address.description)
    }

    private mutating func fill(with text: String) {
        for byte in text.utf8 {
            precondition(length < storage.count, "an address is longer than any can be")
            storage[length] = byte
            length += 1
        }
    }

    @inline(__always)
    func append(to writer: inout ByteWriter) {
        writer.append(storage.span.extracting(0..<length))
    }
}

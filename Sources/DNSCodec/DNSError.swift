/// Why bytes are not a DNS message. It is always the sender's fault, and nothing of the message is
/// used.
package enum DNSError: Error, Hashable, Sendable {
    /// The bytes end before the field does.
    case truncated
    /// Something stands behind the last record.
    case trailingBytes
    /// More bytes than a message may have, `Message.bytesMax`.
    case messageTooLong
    /// A label begins with the bits 01 or 10, which nothing defines any more (RFC 6891 section 5).
    case labelType
    /// A compression pointer does not lead to an earlier place, or one name has too many of them.
    case pointer
    /// A name has more than `DomainName.bytesMax` bytes.
    case nameTooLong
    /// The data of a record are longer or shorter than its type allows.
    case dataLength(RecordType)
    /// An OPT record stands in the wrong section, has a name or is the second one (RFC 6891
    /// section 6.1.1).
    case misplacedExtension
}

extension DNSError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "the message ends too early"
        case .trailingBytes: "bytes stand behind the message"
        case .messageTooLong: "the message is too long"
        case .labelType: "a name has a label of an unknown type"
        case .pointer: "a name has a bad compression pointer"
        case .nameTooLong: "a name is too long"
        case .dataLength(let type): "a record of type \(type) has the wrong length"
        case .misplacedExtension: "an OPT record stands where none may be"
        }
    }
}

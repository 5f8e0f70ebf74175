/// What a TLS client says about where it wants to go before anything is encrypted
/// (RFC 8446 section 4.1.2).
///
/// The texts are places in the bytes that were read, which the caller keeps. With Encrypted
/// Client Hello they are those of the outer hello: what a server without its key can know.
package struct ClientHello: Equatable, BitwiseCopyable, Sendable {
    /// The host name of Server Name Indication, as it was spelled (RFC 6066 section 3); nil when
    /// the client names none.
    ///
    /// 1 to 255 bytes of visible ASCII. As nginx and HAProxy do, upper case, a dot at the end and
    /// addresses are passed on as they are: comparing names is the caller's business.
    package internal(set) var serverName: HelloText?
    /// What Application-Layer Protocol Negotiation offers (RFC 7301); nil when it offers nothing.
    package internal(set) var protocols: ProtocolNames?
    /// Whether there is a list of server names, with a host name in it or not.
    var hasServerNames = false
}

/// Why bytes that began like TLS are refused.
package enum ClientHelloFault: Error, Equatable, CaseIterable, Sendable {
    /// A record that is not of a handshake, or not of TLS, before the hello's end.
    case recordUnexpected
    /// A record that is empty or longer than 16,384 bytes.
    case recordLengthInvalid
    /// The first handshake message is another one.
    case notClientHello
    /// The hello and its record headers are longer than `ClientHelloReader.bytesMax`.
    case tooLong
    /// Its version is not one of SSL 3.0 and its successors.
    case versionInvalid
    /// Lengths inside the hello do not agree, or are not such as the field may have.
    case lengthInvalid
    /// Server names, or protocol names, are there twice.
    case extensionRepeated
    /// The list of server names is empty, has two host names, or one that is longer than 255 bytes
    /// or not of visible ASCII.
    case serverNameInvalid
    /// The list of protocol names is empty, or has an empty one.
    case protocolNameInvalid
}

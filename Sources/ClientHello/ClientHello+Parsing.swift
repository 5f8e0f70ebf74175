/// Reading a whole hello (RFC 8446 section 4.1.2), as strictly as the servers behind would.
///
/// Where two readers could differ about the name, the hello is refused: nginx and HAProxy take the
/// first of two server names, a server could take the other, and then a client would be routed by
/// one name and served by another. RFC 8446 section 4.2 and RFC 6066 section 3 forbid two, and
/// OpenSSL refuses them, as it does names with a zero byte or more than 255.
/// Extensions that are not looked at, GREASE among them (RFC 8701), are passed over.
extension ClientHello {
    private static let serverNameExtension = 0
    private static let protocolNamesExtension = 16
    private static let serverNameLengthMax = 255

    /// Reads the hello whose records are all in `bytes`.
    init(_ bytes: Span<UInt8>) throws(ClientHelloFault) {
        var message = HelloText(messageIn: bytes, count: HandshakeHeader.length)
        guard message.next(in: bytes) == HandshakeHeader.clientHello else {
            throw .notClientHello
        }
        let length = try message.number(bytes: 3, in: bytes)
        var whole = HelloText(messageIn: bytes, count: HandshakeHeader.length + length)
        _ = try whole.part(HandshakeHeader.length, in: bytes)
        try readBody(&whole, in: bytes)
    }

    private mutating func readBody(
        _ body: inout HelloText, in bytes: Span<UInt8>
    ) throws(ClientHelloFault) {
        let version = try body.number(bytes: 2, in: bytes)
        guard version >> 8 == 3 else { throw .versionInvalid }
        let random = 32
        _ = try body.part(random, in: bytes)
        let session = try body.vector(lengthBytes: 1, in: bytes)
        guard session.count <= 32 else { throw .lengthInvalid }
        let suites = try body.vector(lengthBytes: 2, in: bytes)
        guard suites.count >= 2, suites.count % 2 == 0 else { throw .lengthInvalid }
        let compressions = try body.vector(lengthBytes: 1, in: bytes)
        guard compressions.count >= 1 else { throw .lengthInvalid }
        // Before TLS 1.3 a hello may end here.
        guard body.count > 0 else { return }
        var extensions = try body.vector(lengthBytes: 2, in: bytes)
        guard body.count == 0 else { throw .lengthInvalid }
        while extensions.count > 0 {
            let kind = try extensions.number(bytes: 2, in: bytes)
            let data = try extensions.vector(lengthBytes: 2, in: bytes)
            try take(kind, data, in: bytes)
        }
    }

    private mutating func take(
        _ kind: Int, _ data: HelloText, in bytes: Span<UInt8>
    ) throws(ClientHelloFault) {
        switch kind {
        case Self.serverNameExtension:
            guard !hasServerNames else { throw .extensionRepeated }
            hasServerNames = true
            try readServerNames(data, in: bytes)
        case Self.protocolNamesExtension:
            guard protocols == nil else { throw .extensionRepeated }
            let names = ProtocolNames(try data.onlyVector(in: bytes))
            guard names.isValid(in: bytes) else { throw .protocolNameInvalid }
            protocols = names
        default:
            break
        }
    }

    /// Names of other kinds, of which there are none yet, are passed over: they are to begin with
    /// a length of two bytes as well. An empty host name is none, as for nginx, HAProxy and
    /// OpenSSL.
    private mutating func readServerNames(
        _ data: HelloText, in bytes: Span<UInt8>
    ) throws(ClientHelloFault) {
        let hostName = 0
        var hasHostName = false
        var list = try data.onlyVector(in: bytes)
        guard list.count > 0 else { throw .serverNameInvalid }
        while list.count > 0 {
            let kind = try list.number(bytes: 1, in: bytes)
            let name = try list.vector(lengthBytes: 2, in: bytes)
            guard kind == hostName else { continue }
            guard !hasHostName, name.count <= Self.serverNameLengthMax,
                name.isVisibleASCII(in: bytes)
            else { throw .serverNameInvalid }
            hasHostName = true
            if name.count > 0 { serverName = name }
        }
    }
}

extension HelloText {
    /// Takes a number off the start, its highest byte first.
    fileprivate mutating func number(
        bytes length: Int, in bytes: Span<UInt8>
    ) throws(ClientHelloFault) -> Int {
        var number = 0
        for _ in 0..<length {
            guard let byte = next(in: bytes) else { throw .lengthInvalid }
            number = number << 8 | Int(byte)
        }
        return number
    }

    fileprivate mutating func part(
        _ length: Int, in bytes: Span<UInt8>
    ) throws(ClientHelloFault) -> HelloText {
        guard let part = take(length, in: bytes) else { throw .lengthInvalid }
        return part
    }

    /// Takes what has its length before it (RFC 8446 section 3.4).
    fileprivate mutating func vector(
        lengthBytes: Int, in bytes: Span<UInt8>
    ) throws(ClientHelloFault) -> HelloText {
        let length = try number(bytes: lengthBytes, in: bytes)
        return try part(length, in: bytes)
    }

    /// The list, with two bytes of length, that is all there is.
    fileprivate func onlyVector(in bytes: Span<UInt8>) throws(ClientHelloFault) -> HelloText {
        var rest = self
        let list = try rest.vector(lengthBytes: 2, in: bytes)
        guard rest.count == 0 else { throw .lengthInvalid }
        return list
    }
}

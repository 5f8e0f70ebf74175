/// Reads the ClientHello at the start of a TLS connection, from the bytes as they came, to know
/// where the connection wants to go; nothing is decrypted or answered.
///
/// One reader serves one connection. It is given all bytes from the first on whenever more have
/// come, and goes on where it was, so a hello that comes byte by byte costs no more than one that
/// comes whole. The hello may be split over any number of records (RFC 8446 section 5.1).
/// Nothing is allocated.
package struct ClientHelloReader: BitwiseCopyable, Sendable {
    /// The most bytes that are looked at, record headers among them: more than any client sends,
    /// and what one small buffer holds.
    package static let bytesMax = 16_384

    /// What the bytes so far are.
    package enum Outcome: Equatable, Sendable {
        /// The start of a hello. Fewer than `atLeast` bytes, counted from the first, could only
        /// show it to be wrong; it is more than there were and at most `bytesMax`.
        case incomplete(atLeast: Int)
        case hello(ClientHello)
        /// The first bytes are not those of a TLS handshake. A hello in the form of SSL 2.0,
        /// which can name no server, counts as this.
        case notTLS
        /// They are, but the rest is wrong. A longer part of the same bytes never changes the
        /// reason.
        case malformed(ClientHelloFault)
    }

    /// Where the record starts that is being read.
    private var recordStart = 0
    /// How many bytes of its content have been taken.
    private var taken = 0
    /// How many bytes of the handshake message have been taken, and what the first four say.
    private var gathered = 0
    private var header: UInt32 = 0

    package init() {}

    /// Reads on; `bytes` begins with the first byte of the connection.
    package mutating func read(_ bytes: Span<UInt8>) -> Outcome {
        let window = bytes.extracting(0..<min(bytes.count, Self.bytesMax))
        do throws(ClientHelloFault) {
            while true {
                switch try nextPart(window) {
                case .needs(let count): return .incomplete(atLeast: count)
                case .taken: continue
                case .ended: return .hello(try ClientHello(window))
                case .notTLS: return .notTLS
                }
            }
        } catch {
            return .malformed(error)
        }
    }

    private enum Step {
        /// The rest has not come: what must be there, counted from the first byte.
        case needs(Int)
        /// A part of the message was taken; there is more to come.
        case taken
        /// The message is whole.
        case ended
        case notTLS
    }

    /// Takes what the current record has of the message's header, or of the rest.
    private mutating func nextPart(_ bytes: Span<UInt8>) throws(ClientHelloFault) -> Step {
        let content = recordStart + RecordHeader.length
        guard content + taken + missing <= Self.bytesMax else { throw .tooLong }
        guard try beginsRecord(bytes) else { return .notTLS }
        guard let length = RecordHeader.contentLength(in: bytes, at: recordStart) else {
            return .needs(content + 1)
        }
        guard length > 0, length <= RecordHeader.contentMax else { throw .recordLengthInvalid }
        if gathered == 0, content < bytes.count, bytes[content] != HandshakeHeader.clientHello {
            throw .notClientHello
        }
        let part = min(length - taken, missing)
        guard content + taken + part <= bytes.count else {
            return .needs(content + taken + part)
        }
        if gathered < HandshakeHeader.length {
            for offset in 0..<part {
                header = header << 8 | UInt32(bytes[content + taken + offset])
            }
        }
        taken += part
        gathered += part
        if taken == length {
            recordStart = content + length
            taken = 0
        }
        return gathered >= HandshakeHeader.length && missing == 0 ? .ended : .taken
    }

    /// Whether what has come of the record's first bytes is a handshake of TLS.
    private func beginsRecord(_ bytes: Span<UInt8>) throws(ClientHelloFault) -> Bool {
        if RecordHeader.mayBeHandshake(bytes, at: recordStart) { return true }
        guard gathered == 0 else { throw .recordUnexpected }
        return false
    }

    /// What the handshake header says, once it is there.
    private var messageLength: Int { Int(header & 0xFF_FFFF) }

    /// How many bytes are still to come of the header, or else of the message.
    private var missing: Int {
        gathered < HandshakeHeader.length
            ? HandshakeHeader.length - gathered
            : HandshakeHeader.length + messageLength - gathered
    }
}

/// The header of a TLS record (RFC 8446 section 5.1): type, version, length.
enum RecordHeader {
    static let length = 5
    /// The most bytes a record may hold before encryption.
    static let contentMax = 16_384

    /// Whether the bytes that are there are those of a handshake record of SSL 3.0 or later. The
    /// minor version is to be ignored.
    static func mayBeHandshake(_ bytes: Span<UInt8>, at start: Int) -> Bool {
        if start < bytes.count, bytes[start] != 22 { return false }
        return start + 1 >= bytes.count || bytes[start + 1] == 3
    }

    /// How many bytes follow the header; nil while it is not whole.
    static func contentLength(in bytes: Span<UInt8>, at start: Int) -> Int? {
        guard start + length <= bytes.count else { return nil }
        return Int(bytes[start + 3]) << 8 | Int(bytes[start + 4])
    }
}

/// The header of a handshake message (RFC 8446 section 4): type, length in three bytes.
enum HandshakeHeader {
    static let length = 4
    static let clientHello: UInt8 = 1
}

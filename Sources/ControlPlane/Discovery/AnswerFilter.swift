import DNSCodec

/// What bytes from a name server are to the question that was asked.
enum AnswerFilter: Hashable {
    /// Not an answer to it. Anybody may have sent them.
    case foreign
    /// There is more than fits a datagram.
    case truncated
    /// An answer to it, but not one that can be read.
    case malformed(DNSError)
    case answer(Message)

    /// An answer repeats the id, which nobody else knows, and the question (RFC 5452 section 9).
    /// A server that could not make sense of the question may leave it out.
    init(_ bytes: [UInt8], for query: Message) {
        guard let start = try? Message(decodingStartOf: bytes.span),
            start.header.id == query.header.id, start.header.isResponse,
            start.header.opcode == query.header.opcode,
            start.questions == query.questions
                || (start.questions.isEmpty && start.header.responseCode != .noError)
        else {
            self = .foreign
            return
        }
        if start.header.isTruncated {
            self = .truncated
            return
        }
        do throws(DNSError) {
            self = .answer(try Message(decoding: bytes.span))
        } catch {
            self = .malformed(error)
        }
    }
}

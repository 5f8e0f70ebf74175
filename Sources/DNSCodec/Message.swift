/// A DNS message (RFC 1035 section 4): a query or the response to one.
package struct Message: Hashable, Sendable {
    /// The longest message, over TCP.
    package static let bytesMax = 65_535
    /// The longest that every peer can take over UDP, unless it says more with an `Extension`.
    package static let plainBytesMax = 512
    /// What we take over UDP: small enough for any path (the DNS flag day of 2020).
    package static let payloadBytes: UInt16 = 1_232

    package var header: Header
    package var questions: [Question]
    package var answers: [Record]
    package var authorities: [Record]
    package var additionals: [Record]
    /// Nil if the sender does not know about extensions.
    package var `extension`: Extension?

    /// The first twelve bytes without the counts. The response code has its upper bits, which
    /// travel in the extension.
    package struct Header: Hashable, Sendable {
        /// Chosen by who asks, repeated by who answers.
        package var id: UInt16
        package var isResponse = false
        package var opcode = Opcode.query
        /// The answer comes from an authority for the name (AA).
        package var isAuthoritative = false
        /// There is more than fitted (TC): ask again over TCP.
        package var isTruncated = false
        /// The asker wants the server to ask others (RD), and the server would (RA).
        package var recursionDesired = false
        package var recursionAvailable = false
        /// DNSSEC: the server has verified the answer (AD), or shall not (CD) (RFC 4035 section 3).
        package var isAuthentic = false
        package var checkingDisabled = false
        package var responseCode = ResponseCode.noError

        package init(id: UInt16) {
            self.id = id
        }
    }

    /// What the OPT record says (EDNS, RFC 6891).
    package struct Extension: Hashable, Sendable {
        /// The longest message that the sender can take over UDP, in bytes.
        package var payloadBytes: UInt16
        package var version: UInt8
        /// The sender wants the records of DNSSEC (DO).
        package var wantsSignatures: Bool
        /// Options as they travel: code, length and value of each.
        package var options: [UInt8]

        package init(
            payloadBytes: UInt16 = Message.payloadBytes, version: UInt8 = 0,
            wantsSignatures: Bool = false, options: [UInt8] = []
        ) {
            self.payloadBytes = payloadBytes
            self.version = version
            self.wantsSignatures = wantsSignatures
            self.options = options
        }
    }

    package init(
        header: Header, questions: [Question] = [], answers: [Record] = [],
        authorities: [Record] = [], additionals: [Record] = [], extension: Extension? = nil
    ) {
        self.header = header
        self.questions = questions
        self.answers = answers
        self.authorities = authorities
        self.additionals = additionals
        self.extension = `extension`
    }

    /// A query for a server that asks others (a recursive one).
    package static func query(
        id: UInt16, _ question: Question, extension: Extension? = Extension()
    ) -> Message {
        var header = Header(id: id)
        header.recursionDesired = true
        return Message(header: header, questions: [question], extension: `extension`)
    }

    /// The response to this query, for the caller to fill: the same id, question, opcode and wish
    /// for recursion, and an extension if the query has one.
    package func response(_ code: ResponseCode = .noError) -> Message {
        var header = Header(id: self.header.id)
        header.isResponse = true
        header.opcode = self.header.opcode
        header.recursionDesired = self.header.recursionDesired
        header.responseCode = code
        return Message(
            header: header, questions: questions,
            extension: self.extension.map { _ in Extension() })
    }

    /// The most bytes that the response to this query may have over UDP (RFC 6891 section 6.2.5).
    package var responseBytesMax: Int {
        guard let size = self.extension?.payloadBytes else { return Self.plainBytesMax }
        return min(max(Int(size), Self.plainBytesMax), Int(Self.payloadBytes))
    }
}

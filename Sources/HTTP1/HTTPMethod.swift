/// The methods that a proxy has a reason to tell apart, and `other` for the rest. `CONNECT` is
/// refused while parsing.
///
/// Methods are case-sensitive (RFC 9110 section 9.1). A method may consist of capital letters,
/// hyphens and underscores only, because a backend that takes `head` for `HEAD` would answer
/// without the body that the proxy waits for.
package enum HTTPMethod: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case other
    case get
    case head
    case post
    case put
    case delete
    case options
    case patch
    case trace

    /// Bytes of the longest method that is accepted; a longer one is `methodTooLong` (501).
    package static let lengthMax = 32

    /// Whether a second request does what one does (RFC 9110 section 9.2.2), so that it may be
    /// sent again when its connection broke before an answer.
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .other, .post, .patch: false
        }
    }

    /// The method spelled by a word that holds it and nothing else.
    @inline(__always)
    init(_ word: ByteWord) {
        self =
            switch word {
            case ByteWord("G", "E", "T"): .get
            case ByteWord("H", "E", "A", "D"): .head
            case ByteWord("P", "O", "S", "T"): .post
            case ByteWord("P", "U", "T"): .put
            case ByteWord("D", "E", "L", "E", "T", "E"): .delete
            case ByteWord("O", "P", "T", "I", "O", "N", "S"): .options
            case ByteWord("P", "A", "T", "C", "H"): .patch
            case ByteWord("T", "R", "A", "C", "E"): .trace
            default: .other
            }
    }
}

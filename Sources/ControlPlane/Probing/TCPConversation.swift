import Health

/// A TCP probe: a connection, perhaps bytes to send, and perhaps bytes to wait for.
struct TCPConversation: ByteConversation {
    let opening: [UInt8]
    let isContentWithoutAnswer: Bool
    private var search: ByteSearch

    init(_ exchange: Probe.TCPExchange) {
        opening = exchange.send
        isContentWithoutAnswer = exchange.expect.isEmpty
        search = ByteSearch(for: exchange.expect)
    }

    mutating func judge(_ answer: [UInt8], isWhole: Bool) -> Judgement? {
        if search.isFound(in: answer) { return .success() }
        return isWhole ? .failure(.unexpectedAnswer) : nil
    }
}

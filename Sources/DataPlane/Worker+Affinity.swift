import Balancing
import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// What ties requests to backends: hashes of what a client brings, and sticky cookies.
extension Worker {
    /// Takes from a request's head what its pool chooses by. `requestHead` is what was parsed.
    mutating func noteAffinity(_ exchange: UInt32, _ head: UnsafeBytes) {
        let record = exchanges[exchange]
        let pool = table.pools + Int(record.pointee.pool)
        switch pool.pointee.algorithm {
        case .addressHash:
            record.pointee.hash = clients[record.pointee.client].pointee.addressHash
        case .consistentHash:
            // A request without the key goes anywhere, as in HAProxy and Envoy.
            record.pointee.hash =
                hash(of: head, pool, clients[record.pointee.client].pointee)
                ?? pool.pointee.random.next()
        case .roundRobin, .leastConnections, .leastResponseTime, .random, .powerOfTwo: break
        }
        guard let cookie = pool.pointee.cookie,
            let value = requestHead.pointee.cookie(cookie.name.span, in: head.span),
            let token = cookie.token(in: value, of: head.span),
            let slot = pool.pointee.stickyEntries.slot(
                of: Table.StickyToken(high: token.high, low: token.low))
        else { return }
        record.pointee.sticksTo = slot
    }

    private func hash(
        of head: UnsafeBytes, _ pool: UnsafePointer<LivePool>, _ client: ClientConnection
    ) -> UInt64? {
        let range: ByteRange?
        switch pool.pointee.hashKey {
        case .address, .serverName: return client.addressHash
        case .header:
            range = requestHead.pointee.value(of: pool.pointee.hashName.span, in: head.span)
        case .cookie:
            range = requestHead.pointee.cookie(pool.pointee.hashName.span, in: head.span)
        case .path:
            let path = head.span.extracting(requestHead.pointee.path.range)
            let query = path.indices.first { path[$0] == UInt8(ascii: "?") }
            return HashChoice.hash(of: path.extracting(0..<(query ?? path.count)))
        }
        return range.map { HashChoice.hash(of: head.span.extracting($0.range)) }
    }

    /// Writes the head of an answer for the client, with what its cookie needs.
    func writeAnswer(
        _ exchange: UInt32, _ head: UnsafeBytes, _ forwarding: ResponseForwarding,
        to writer: inout ByteWriter
    ) {
        let record = exchanges[exchange].pointee
        guard let cookie = table.pools[Int(record.pool)].cookie else {
            answerHead.pointee.writeForwarded(head.span, to: &writer, forwarding: forwarding)
            return
        }
        let known = table[record.backend].pointee.record.token
        let token = SessionToken(high: known.high, low: known.low)
        answerHead.pointee.writeForwarded(
            head.span, to: &writer, forwarding: forwarding,
            cookie: answerCookie(record, cookie, token), name: cookie.name.span,
            attributes: cookie.attributes.span)
    }

    private func answerCookie(
        _ exchange: Exchange, _ cookie: LiveCookie, _ token: SessionToken
    ) -> AnswerCookie {
        switch cookie.mode {
        case .prefix: .prefix(token)
        case .insert where exchange.sticksTo == exchange.backend: .none
        // Its own backend is full for the moment; the client goes on belonging there.
        case .insert
        where exchange.sticksTo != none && takesSticky(exchange.sticksTo, of: exchange.pool)
            && !hasRoom(exchange.sticksTo):
            .none
        case .insert: .set(token, isPrivate: cookie.forbidsCaching)
        }
    }
}

extension LiveCookie {
    /// What becomes of the cookie in a request for a backend.
    var edit: CookieEdit {
        switch mode {
        case .prefix: .unprefix
        case .insert: isIndirect ? .remove : .keep
        }
    }

    /// The token in a cookie's value, nil when there is none.
    func token(in value: ByteRange, of head: Span<UInt8>) -> SessionToken? {
        switch mode {
        case .insert: SessionToken(head, value)
        case .prefix: SessionToken(prefixOf: value, in: head)
        }
    }
}

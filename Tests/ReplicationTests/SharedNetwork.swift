import Membership
import Primitives
import Replication

/// What one datagram between two nodes of `SharedNetwork` says.
enum SharedMessage: Hashable {
    case view(UInt64)
    case ranges([DigestRange])
    case wants([UInt64])
    /// Items that must not be parted, in order.
    case items([SharedItem])
    case document(Record)
}

/// One node: the shared records and the document with the little that carries them.
struct SharedNode {
    private struct Name: Hashable {
        let owner: NodeName
        let key: RecordKey
    }

    let identity: Identity
    var records: SharedRecords
    var document: SharedDocument
    /// What became of keys here, from the start.
    private(set) var changes: [SharedChange] = []
    private(set) var adopted: [DocumentChange] = []
    private(set) var refused = 0
    /// What is being spread, the newest first, and how often it is still sent.
    private var news: [(name: Name, sends: Int)] = []

    init(_ identity: Identity, configuration: SharedConfiguration = SharedConfiguration()) {
        self.identity = identity
        records = SharedRecords(configuration: configuration, owner: identity)
        document = SharedDocument(owner: identity)
    }

    var view: UInt64 { records.fingerprint &+ document.fingerprint }

    // MARK: - Own changes

    mutating func set(_ key: RecordKey, _ value: [UInt8], at now: Instant) throws {
        changes += try records.set(key, value: value, at: now)
        spread(identity.name, key)
    }

    mutating func remove(_ key: RecordKey, at now: Instant) throws {
        changes += try records.remove(key, at: now)
        spread(identity.name, key)
    }

    mutating func publish(_ bytes: [UInt8]) throws {
        guard let change = try document.publish(bytes) else { return }
        adopt(change)
    }

    private mutating func adopt(_ change: DocumentChange) {
        adopted.append(change)
        spread(change.header.writer.name, change.header.record.key)
    }

    // MARK: - Messages

    private mutating func spread(_ owner: NodeName, _ key: RecordKey) {
        let name = Name(owner: owner, key: key)
        news.removeAll { $0.name == name }
        news.insert((name, 4), at: 0)
    }

    /// Up to a datagram full of news.
    mutating func spread() -> [SharedMessage] {
        let part = news.prefix(8)
        news.removeFirst(part.count)
        news += part.filter { $0.sends > 1 }.map { ($0.name, $0.sends - 1) }
        return part.compactMap { entry in
            if let record = records.record(owner: entry.name.owner, key: entry.name.key) {
                return .items([.operation(record)])
            }
            return document.record(owner: entry.name.owner, key: entry.name.key)
                .map(SharedMessage.document)
        }
    }

    /// Takes in an operation as if it had come alone.
    mutating func receive(_ record: Record, at now: Instant) {
        _ = receive([.items([.operation(record)])], at: now)
    }

    /// Takes in a datagram and gives the answer to its sender.
    mutating func receive(_ messages: [SharedMessage], at now: Instant) -> [SharedMessage] {
        var answer: [SharedMessage] = []
        for message in messages {
            switch message {
            case .view(let sum):
                if sum != view { answer.append(.ranges(Reconciliation.opening(digest))) }
            case .ranges(let ranges): answer += compare(ranges)
            case .wants(let ids): answer += ids.flatMap(items)
            case .items(let items):
                for item in items { answer += take(item, at: now) }
            case .document(let record): answer += take(record, at: now)
            }
        }
        return answer
    }

    /// Asks again for what is missing of the document.
    mutating func tick(at now: Instant) -> [SharedMessage] {
        if now >= records.nextExpiry { records.expire(at: now) }
        guard now >= document.nextDeadline else { return [] }
        let wants = document.wants(at: now)
        return wants.isEmpty ? [] : [.wants(wants)]
    }

    private mutating func take(_ item: SharedItem, at now: Instant) -> [SharedMessage] {
        switch item {
        case .operation(let record):
            let merge = records.merge(record, at: now)
            changes += merge.changes
            switch merge.verdict {
            case .news: spread(record.owner.name, record.key)
            case .dead(let items): return [.items(items)]
            case .refused: refused += 1
            case .known, .outdated: break
            }
        case .watermark(let watermark): records.merge(watermark)
        case .dead(let entries): changes += records.drop(entries)
        }
        return []
    }

    private mutating func take(_ record: Record, at now: Instant) -> [SharedMessage] {
        switch document.merge(record, at: now) {
        case .adopted(let change): adopt(change)
        case .refused: refused += 1
        case .incomplete, .known, .outdated: break
        }
        let wants = document.wants(at: now)
        return wants.isEmpty ? [] : [.wants(wants)]
    }

    // MARK: - Comparison

    private var digest: [DigestEntry] {
        let all = records.digestEntries + [document.digestEntry].compactMap(\.self)
        return all.sorted { $0.id < $1.id }
    }

    private func compare(_ ranges: [DigestRange]) -> [SharedMessage] {
        let own = digest
        let result = Reconciliation.answer(to: ranges, own: own) { id in
            id == SharedDocument.digestID
                ? document.digestEntry?.version : records.version(id: id)
        }
        var answer = result.offers.flatMap(items)
        if !result.wants.isEmpty { answer.append(.wants(result.wants)) }
        if !result.ranges.isEmpty { answer.append(.ranges(result.ranges)) }
        return answer
    }

    private func items(id: UInt64) -> [SharedMessage] {
        let items = records.items(id: id)
        guard items.isEmpty, let record = document.record(id: id) else {
            return items.map { .items([$0]) }
        }
        return [.document(record)]
    }
}

/// Nodes in virtual time, and the datagrams between them, which are lost, doubled and late.
struct SharedNetwork {
    private struct Datagram {
        let from: Int
        let to: Int
        let messages: [SharedMessage]
    }

    /// Everything but the time and the nodes can be changed while it runs.
    var loss = 0.0
    var duplication = 0.0
    /// The greatest delay, in ticks of 100 milliseconds.
    var delay = 1
    /// Nodes hear one another when their numbers here are the same and not negative.
    var sides: [Int]
    var nodes: [SharedNode]
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var sent = 0
    private var random: SeededRandom
    private var underway: [Int: [Datagram]] = [:]
    private var ticks = 0
    private var lives: Int

    init(
        nodes count: Int, seed: UInt64, configuration: SharedConfiguration = SharedConfiguration()
    ) {
        random = SeededRandom(seed: seed)
        nodes = (0..<count).map { SharedNode(owner("n\($0)"), configuration: configuration) }
        sides = [Int](repeating: 0, count: count)
        lives = 1
    }

    /// Lets 100 milliseconds pass.
    mutating func tick() {
        ticks += 1
        now = now + .milliseconds(100)
        for datagram in underway.removeValue(forKey: ticks) ?? [] { deliver(datagram) }
        for index in nodes.indices {
            for _ in 0..<2 { send(nodes[index].spread(), from: index, to: anybody()) }
            send(nodes[index].tick(at: now), from: index, to: anybody())
            if (ticks + index) % 5 == 0 {
                send([.view(nodes[index].view)], from: index, to: anybody())
            }
        }
    }

    /// Runs until all nodes, or those of `part`, have the same and what is underway has come in, and
    /// gives the number of ticks; nil if that takes more than `limit`.
    mutating func settle(_ part: ClosedRange<Int>? = nil, within limit: Int = 600) -> Int? {
        var equalSince: Int?
        let part = part ?? 0...nodes.count - 1
        for passed in 0..<limit {
            let isEqual = Set(nodes[part].map(\.view)).count == 1
            equalSince = isEqual ? equalSince ?? passed : nil
            if let equalSince, passed - equalSince > delay { return equalSince }
            tick()
        }
        return nil
    }

    /// Ends a node's process and starts the next one, which knows nothing.
    mutating func restart(_ index: Int) {
        lives += 1
        let name = nodes[index].identity.name.text
        nodes[index] = SharedNode(
            owner(name, generation: UInt64(lives)),
            configuration: nodes[index].records.configuration)
    }

    mutating func heal() {
        for index in sides.indices { sides[index] = 0 }
    }

    private mutating func anybody() -> Int { Int.random(in: 0..<nodes.count, using: &random) }

    private mutating func deliver(_ datagram: Datagram) {
        guard sides[datagram.to] >= 0, sides[datagram.from] == sides[datagram.to] else { return }
        let answer = nodes[datagram.to].receive(datagram.messages, at: now)
        send(answer, from: datagram.to, to: datagram.from)
    }

    private mutating func send(_ messages: [SharedMessage], from: Int, to: Int) {
        guard !messages.isEmpty, from != to else { return }
        // Long answers go as several datagrams, each with a fate of its own.
        for start in stride(from: 0, to: messages.count, by: 8) {
            let part = Array(messages[start..<min(start + 8, messages.count)])
            sent += 1
            let copies = random.unitInterval() < duplication ? 2 : 1
            for _ in 0..<copies where random.unitInterval() >= loss {
                let due = ticks + Int.random(in: 1...delay, using: &random)
                underway[due, default: []].append(Datagram(from: from, to: to, messages: part))
            }
        }
    }
}

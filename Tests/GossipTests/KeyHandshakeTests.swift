import Gossip
import Membership
import Primitives
import Testing
import Wire

/// What single handshakes do to a node, be they honest or not.
@Suite("Handshakes of key epochs")
struct KeyHandshakeTests {
    private static let ample = 400

    private struct Life {
        var epochs: KeyEpochs
        var effects: [KeyEpochEffect] = []

        init(_ text: String, secret: UInt8) throws {
            epochs = KeyEpochs(
                configuration: KeyEpochsConfiguration(), name: try #require(NodeName(text)),
                secret: [UInt8](repeating: secret, count: 32), now: .zero)
        }

        mutating func receive(
            _ handshake: Handshake, from name: String? = nil, limit: Int = ample,
            at now: Instant = .zero
        ) -> KeyEpochs.Reaction {
            epochs.receive(
                handshake, from: name.flatMap(NodeName.init), limit: limit, at: now,
                effects: &effects)
        }

        mutating func take(_ record: KeyEpochRecord, of name: NodeName, at seconds: Int) {
            epochs.memberPublished(
                name, record, at: .zero + .seconds(seconds), effects: &effects)
        }

        mutating func tick(_ milliseconds: Int) {
            epochs.tick(at: .zero + .milliseconds(milliseconds), effects: &effects)
        }

        /// Rotates alone, to the end.
        mutating func rotate(_ byte: UInt8) throws {
            try epochs.rotate(
                key: [UInt8](repeating: byte, count: 32), at: .zero, effects: &effects)
            epochs.tick(at: .zero + .seconds(2), effects: &effects)
            epochs.tick(at: .zero + .seconds(12), effects: &effects)
            effects = []
        }

        var hello: Hello {
            guard case .hello(let hello) = epochs.hello else { preconditionFailure("no hello") }
            return hello
        }
    }

    private func answer(_ reaction: KeyEpochs.Reaction) -> Handshake? {
        if case .answer(let handshake) = reaction { handshake } else { nil }
    }

    @Test("Two nodes without an epoch have nothing to say to each other")
    func nothing() throws {
        var (left, right) = (try Life("a", secret: 1), try Life("b", secret: 2))
        #expect(right.receive(left.epochs.hello, from: "a") == .nothing)
        #expect(left.effects.isEmpty && right.effects.isEmpty)
    }

    @Test("Whoever has less gets the key, uses it, says so, and is in touch")
    func learns() throws {
        var (old, new) = (try Life("a", secret: 1), try Life("b", secret: 2))
        try old.rotate(9)
        let rekey = try #require(answer(old.receive(new.epochs.hello)))
        #expect(new.receive(rekey) == .contact)
        let epoch = old.epochs.used
        #expect(epoch.number == 1)
        #expect(new.epochs.used == epoch && new.epochs.newest == epoch)
        let record = KeyEpochRecord(newest: epoch, maker: old.epochs.name, used: epoch)
        #expect(new.effects.count == 3)
        #expect(new.effects.dropFirst() == [.use(epoch), .publish(record.encode())])
        // Told again, it has nothing to do but to get in touch.
        #expect(new.receive(rekey) == .contact)
        #expect(new.effects.count == 3)
    }

    @Test("Whoever has less answers a hello with its own, and the exchange ends")
    func asked() throws {
        var (old, new) = (try Life("a", secret: 1), try Life("b", secret: 2))
        try old.rotate(9)
        let question = try #require(answer(new.receive(old.epochs.hello)))
        #expect(question == new.epochs.hello)
        let rekey = try #require(answer(old.receive(question)))
        #expect(new.receive(rekey) == .contact)
        #expect(answer(new.receive(old.epochs.hello)) != nil, "equals confirm each other")
    }

    @Test("Keys for another life are of no use, nor is anything that was changed")
    func foreign() throws {
        var (old, new) = (try Life("a", secret: 1), try Life("b", secret: 2))
        try old.rotate(9)
        let other = try Life("b", secret: 3)
        guard case .rekey(let rekey)? = answer(old.receive(other.epochs.hello)) else {
            Issue.record("no answer")
            return
        }
        #expect(new.receive(.rekey(rekey)) == .nothing)
        #expect(new.effects.isEmpty)
        #expect(new.epochs.newest == .file && new.epochs.used == .file)
    }

    @Test("A hello with a public key that is none is not answered")
    func badKey() throws {
        var old = try Life("a", secret: 1)
        try old.rotate(9)
        let zero = Hello(
            publicKey: [UInt8](repeating: 0, count: 32), newest: .file, used: .file)
        #expect(old.receive(.hello(zero)) == .nothing)
    }

    @Test("No answer is longer than it may be; with room for one key it is the newest")
    func limits() throws {
        var (old, new) = (try Life("a", secret: 1), try Life("b", secret: 2))
        try old.rotate(9)
        try old.epochs.rotate(
            key: [UInt8](repeating: 10, count: 32), at: .zero + .seconds(20),
            effects: &old.effects)
        var counts: Set<Int> = []
        for limit in 0...Self.ample {
            guard let handshake = answer(old.receive(new.epochs.hello, limit: limit)) else {
                counts.insert(0)
                continue
            }
            var builder = DatagramBuilder(limit: limit)
            #expect(builder.append(handshake) == true, "limit \(limit)")
            guard case .rekey(let rekey) = handshake else { continue }
            #expect(rekey.epochs.first == old.epochs.newest)
            counts.insert(rekey.epochs.count)
        }
        #expect(counts == [0, 1, 2])
        // With both, a newcomer seals as all others do, not with what is only being installed.
        let both = try #require(answer(old.receive(new.epochs.hello)))
        #expect(new.receive(both) == .contact)
        #expect(new.epochs.used == old.epochs.used)
        #expect(new.epochs.newest == old.epochs.newest)
        #expect(new.epochs.used < new.epochs.newest)
    }

    @Test("While others speak under our epoch, the word of a stranger changes nothing")
    func neighbours() throws {
        var (old, new) = (try Life("a", secret: 1), try Life("b", secret: 2))
        try old.rotate(9)
        let neighbour = try #require(NodeName("c"))
        new.epochs.memberCame(neighbour, record: nil, at: .zero, effects: &new.effects)
        var now = Instant.zero
        for _ in 0..<10 {
            now = now + .seconds(1)
            new.epochs.heard(under: .file, at: now)
            let rekey = try #require(answer(old.receive(new.epochs.hello, at: now)))
            #expect(new.receive(rekey, at: now) == .nothing)
        }
        #expect(new.epochs.used == .file)
        #expect(new.epochs.newest.number == 1, "it has the key all the same")
        #expect(new.epochs.nextDeadline == now + .seconds(3))
        new.epochs.tick(at: now + .seconds(3), effects: &new.effects)
        #expect(new.epochs.used.number == 1, "nobody speaks under ours any more")
    }

    @Test("The word of a member that is present is enough")
    func present() throws {
        var (old, new) = (try Life("a", secret: 1), try Life("b", secret: 2))
        try old.rotate(9)
        new.epochs.memberCame(old.epochs.name, record: nil, at: .zero, effects: &new.effects)
        new.epochs.heard(under: .file, at: .zero)
        let rekey = try #require(answer(old.receive(new.epochs.hello)))
        #expect(new.receive(rekey, from: "a") == .contact)
        #expect(new.epochs.used.number == 1)
    }

    @Test("Each step waits for the last member, and then for its time")
    func steps() throws {
        var node = try Life("a", secret: 1)
        let (first, last) = (try #require(NodeName("b")), try #require(NodeName("c")))
        for name in [first, last] {
            node.epochs.memberCame(name, record: nil, at: .zero, effects: &node.effects)
        }
        try node.epochs.rotate(
            key: [UInt8](repeating: 9, count: 32), at: .zero, effects: &node.effects)
        let epoch = node.epochs.newest
        let has = KeyEpochRecord(newest: epoch, maker: node.epochs.name, used: .file)
        let uses = KeyEpochRecord(newest: epoch, maker: node.epochs.name, used: epoch)
        node.take(has, of: first, at: 1)
        node.tick(9_000)
        #expect(node.epochs.used == .file, "one does not have it")
        node.take(has, of: last, at: 10)
        // What is late says nothing new.
        let late = Hello(publicKey: node.hello.publicKey, newest: .file, used: .file)
        _ = node.receive(.hello(late), from: "c", at: .zero + .seconds(11))
        #expect(node.epochs.nextDeadline == .zero + .seconds(12))
        node.tick(11_999)
        #expect(node.epochs.used == .file, "it is not long enough ago")
        node.tick(12_000)
        #expect(node.epochs.used == epoch)
        node.take(uses, of: first, at: 13)
        node.tick(59_000)
        #expect(node.epochs.floor == .file, "one does not use it")
        node.take(uses, of: last, at: 60)
        #expect(node.epochs.nextDeadline == .zero + .seconds(70))
        node.tick(69_999)
        #expect(node.epochs.floor == .file, "datagrams may be on their way")
        node.tick(70_000)
        #expect(node.epochs.floor == epoch)
        #expect(node.effects.last == .retire(below: epoch))
    }

    @Test("Who sends junk in a member's name gets no more bytes out than it sent")
    func junk() throws {
        var node = try Life("a", secret: 1)
        let member = try #require(NodeName("b"))
        var now = Instant.zero
        for _ in 0..<1_000 {
            now = now + .milliseconds(50)
            node.epochs.notOpened(
                from: member, size: 43, isAuthentic: false, at: now, effects: &node.effects)
        }
        let sent = node.effects.count * node.epochs.configuration.greetingSize
        #expect(!node.effects.isEmpty)
        #expect(sent <= 43 * 1_000)
        #expect(node.effects.allSatisfy { $0 == .greet(member) })
        #expect(node.effects.count <= 50, "one a second at most")
        node.effects = []
        let later = now + .seconds(2)
        node.epochs.notOpened(
            from: member, size: 43, isAuthentic: true, at: later, effects: &node.effects)
        #expect(node.effects == [.greet(member)], "what a key of the file sealed is believed")
    }

    @Test("A key that others have is asked for until it comes, of one after another")
    func asking() throws {
        var node = try Life("a", secret: 1)
        let epoch = KeyEpoch(number: 1, keyID: 7)
        let names = try ["b", "c", "d", "e"].map { try #require(NodeName($0)) }
        for name in names {
            let record = KeyEpochRecord(newest: epoch, maker: names[0], used: .file)
            node.epochs.memberCame(name, record: record, at: .zero, effects: &node.effects)
        }
        for second in 0..<20 {
            node.epochs.tick(at: .zero + .seconds(second + 1), effects: &node.effects)
        }
        #expect(node.effects.count == 20)
        #expect(Set(node.effects) == Set(names.map { .greet($0) }))
        for name in names {
            node.epochs.memberWent(name, at: .zero + .seconds(21), effects: &node.effects)
        }
        node.epochs.tick(at: .zero + .seconds(30), effects: &node.effects)
        #expect(node.effects.count == 20, "nobody is left who has it")
    }
}

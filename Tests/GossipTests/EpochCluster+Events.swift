import Gossip
import Membership
import Primitives
import Wire

extension EpochCluster {
    // MARK: - Effects

    mutating func carryOut(_ effects: [KeyEpochEffect], of index: Int) {
        for effect in effects {
            trace.combine(UInt64(bitPattern: now.nanoseconds))
            trace.combine("\(index) \(effect)")
            switch effect {
            case .install(let key): nodes[index].seal.install(key)
            case .use(let epoch):
                if !nodes[index].seal.use(epoch) {
                    violations.append("\(index) cannot use \(epoch)")
                }
            case .retire(let epoch): nodes[index].seal.retire(below: epoch)
            case .publish(let payload): publish(payload, of: index)
            case .greet(let name):
                guard let other = nodes.firstIndex(where: { $0.name == name }) else { continue }
                sendHello(from: index, to: other)
            case .keyWanted:
                nodes[index].keysWanted += 1
                try? rotate(index)
            }
        }
    }

    private mutating func publish(_ payload: [UInt8], of index: Int) {
        nodes[index].record = try? KeyEpochRecord.decode(payload.span)
        nodes[index].version += 1
        for other in nodes.indices where nodes[other].present.contains(index) {
            sendRecord(of: index, to: other)
        }
    }

    private mutating func sendRecord(of index: Int, to other: Int) {
        guard let record = nodes[index].record else { return }
        schedule(
            .record(
                of: index, to: other, record, life: nodes[index].life,
                version: nodes[index].version),
            in: .milliseconds(Int64.random(in: 1...900, using: &random)))
    }

    private mutating func sendHello(from index: Int, to other: Int) {
        var builder = DatagramBuilder()
        builder.append(nodes[index].epochs.hello)
        builder.append(.message(.padding(Self.contactPadding)))
        let datagram = nodes[index].seal.sealHandshake(builder.bytes)
        if datagram.count > KeyEpochsConfiguration().greetingSize {
            violations.append("a greeting of \(datagram.count) bytes")
        }
        send(datagram, from: index, to: other)
    }

    private mutating func send(_ bytes: [UInt8], from index: Int, to other: Int) {
        if isRecording { recording.append(bytes) }
        guard group[index] == group[other], random.unitInterval() >= loss else { return }
        schedule(
            .datagram(from: index, to: other, bytes),
            in: .microseconds(Int64.random(in: 200...1_500, using: &random)))
    }

    // MARK: - Events

    mutating func carryOut(_ event: Event) {
        switch event {
        case .chatter(let index): chatter(index)
        case .contacts(let index): makeContacts(index)
        case .record(let owner, let reader, let record, let life, let version):
            take(record, of: owner, life: life, version: version, by: reader)
        case .datagram(let sender, let receiver, let bytes):
            receive(bytes, by: receiver, from: sender)
        case .meeting(let left, let right): introduce(left, to: right)
        case .parting(let left, let right):
            guard nodes[left].present.remove(right) != nil, isAwake(left) else { return }
            let name = nodes[right].name
            act(left) { $0.memberWent(name, at: $1, effects: &$2) }
        }
    }

    mutating func meet(_ left: Int, _ right: Int) {
        introduce(left, to: right)
        introduce(right, to: left)
    }

    private mutating func introduce(_ left: Int, to right: Int) {
        guard isAwake(left), isAwake(right), left != right,
            nodes[left].present.insert(right).inserted
        else { return }
        let (name, record) = (nodes[right].name, nodes[right].record)
        nodes[left].versions[right] = nodes[right].version
        act(left) { $0.memberCame(name, record: record, at: $1, effects: &$2) }
    }

    private mutating func take(
        _ record: KeyEpochRecord, of owner: Int, life: UInt64, version: Int, by reader: Int
    ) {
        guard isAwake(reader), nodes[reader].present.contains(owner), nodes[owner].life == life,
            nodes[reader].versions[owner, default: 0] < version
        else { return }
        guard group[owner] == group[reader] else { return }
        nodes[reader].versions[owner] = version
        let name = nodes[owner].name
        act(reader) { $0.memberPublished(name, record, at: $1, effects: &$2) }
    }

    /// A member speaks to all that it holds present. Those that hold it present must understand.
    private mutating func chatter(_ index: Int) {
        schedule(.chatter(index), in: jittered(Self.chatterInterval))
        guard isAwake(index) else { return }
        for other in nodes[index].present.sorted() {
            var builder = DatagramBuilder()
            builder.append(.message(.ping(1)))
            send(nodes[index].seal.seal(builder.bytes), from: index, to: other)
        }
    }

    private mutating func makeContacts(_ index: Int) {
        schedule(.contacts(index), in: jittered(Self.contactInterval))
        guard isAwake(index) else { return }
        for other in nodes.indices where other != index && !nodes[index].present.contains(other) {
            sendHello(from: index, to: other)
            // As gossip does it: what may be said under a key of the file is said as well.
            if nodes[index].epochs.used == .file { sendContact(from: index, to: other) }
        }
    }

    /// What makes two nodes members of each other, once it is understood.
    private mutating func sendContact(from index: Int, to other: Int) {
        var builder = DatagramBuilder()
        builder.append(.message(.introduce))
        send(nodes[index].seal.seal(builder.bytes), from: index, to: other)
    }

    private mutating func receive(_ bytes: [UInt8], by index: Int, from sender: Int) {
        guard isAwake(index) else { return }
        do throws(DropReason) {
            let opened = try nodes[index].seal.open(bytes)
            guard let contents = try? Datagram.contents(of: opened.plaintext.span) else { return }
            if let handshake = contents.handshake {
                react(to: handshake, size: bytes.count, by: index, from: sender)
            } else if opened.isHandshakeOnly {
                misunderstood(.retiredKey, bytes, isAuthentic: true, by: index, from: sender)
            } else {
                nodes[index].epochs.heard(under: opened.epoch, at: now)
                understood(contents.parts, by: index, from: sender)
            }
        } catch {
            misunderstood(error, bytes, by: index, from: sender)
        }
    }

    private mutating func understood(_ parts: [Part], by index: Int, from sender: Int) {
        // What was missed is repaired by comparing, as gossip does.
        if let record = nodes[sender].record {
            take(
                record, of: sender, life: nodes[sender].life, version: nodes[sender].version,
                by: index)
        }
        guard parts == [.message(.introduce)] else { return }
        // A contact that is understood is answered; then both know of each other, and soon all
        // that either holds present.
        var builder = DatagramBuilder()
        builder.append(.message(.nack(0)))
        let answer = nodes[index].seal.seal(builder.bytes)
        guard (try? nodes[sender].seal.open(answer))?.isHandshakeOnly == false else { return }
        let left = nodes[index].present.union([index]).sorted()
        let right = nodes[sender].present.union([sender]).sorted()
        for first in left {
            for second in right where group[first] == group[second] && first != second {
                let delay = Duration.milliseconds(Int64.random(in: 1...900, using: &random))
                schedule(.meeting(first, second), in: delay)
                schedule(.meeting(second, first), in: delay)
            }
        }
    }

    private mutating func misunderstood(
        _ reason: DropReason, _ bytes: [UInt8], isAuthentic: Bool = false, by index: Int,
        from sender: Int
    ) {
        if nodes[index].present.contains(sender), nodes[sender].present.contains(index) {
            misunderstandings.append(
                "\(now.nanoseconds / 1_000_000): \(index) from \(sender): \(reason), "
                    + "uses \(nodes[sender].seal.used)")
        }
        let name = nodes[sender].name
        act(index) {
            $0.notOpened(
                from: name, size: bytes.count, isAuthentic: isAuthentic, at: $1, effects: &$2)
        }
    }

    private mutating func react(
        to handshake: Handshake, size: Int, by index: Int, from sender: Int
    ) {
        let name = nodes[sender].name
        var reaction = KeyEpochs.Reaction.nothing
        act(index) {
            reaction = $0.receive(
                handshake, from: name, limit: size - Seal.overhead, at: $1, effects: &$2)
        }
        switch reaction {
        case .nothing: break
        case .contact: sendContact(from: index, to: sender)
        case .answer(let answer):
            var builder = DatagramBuilder(limit: size - Seal.overhead)
            if !builder.append(answer) { violations.append("an answer longer than the question") }
            send(nodes[index].seal.sealHandshake(builder.bytes), from: index, to: sender)
        }
    }
}

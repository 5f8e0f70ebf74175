package import Gossip
import Membership
package import Primitives
import Wire

/// What happens to nodes.
extension SimulatedCluster {
    /// Adds a node that does not run yet; the answer is its index.
    @discardableResult
    package func addNode(named text: String? = nil) -> Int {
        let index = nodes.count
        guard let name = NodeName(text ?? "node-\(index)") else {
            preconditionFailure("the caller gives a name that may be one")
        }
        let offset = Int64.random(in: 0...1_000_000_000_000_000, using: &random)
        let node = SimulatedNode(
            index: index, name: name, address: Self.address(index), clockOffset: offset)
        nodes.append(node)
        beliefs.addViewer()
        checks.addNode()
        move(node, to: node.address)
        return index
    }

    /// Starts the process of a node, in a new life and perhaps at another address, and has it join
    /// through the nodes in `seeds`. A process that runs is killed first.
    package func start(_ index: Int, at address: SocketAddress? = nil, join seeds: [Int] = [0]) {
        let node = nodes[index]
        if node.isRunning { crash(index) }
        if let address { move(node, to: address) }
        node.generation += 1
        let identity = Identity(
            name: node.name, boot: BootID(high: random.next(), low: random.next()),
            generation: node.generation)
        let seed = random.next()
        let secret = (0..<KeyExchange.secretLength).map { _ in
            UInt8.random(in: .min ... .max, using: &random)
        }
        node.gossip = Gossip(
            configuration: configuration(of: node), identity: identity, seed: seed,
            secret: secret, now: node.clock(at: now))
        beginChecking(node, identity)
        disturb(.started(node: index))
        let addresses = seeds.map { nodes[$0].address }
        act(index) { gossip, now, effects in gossip.join(addresses, at: now, effects: &effects) }
    }

    /// Starts all nodes at once; all join through the first.
    package func startAll() {
        for index in nodes.indices { start(index) }
    }

    private func move(_ node: SimulatedNode, to address: SocketAddress) {
        addresses.setOwner(-1, of: addresses.number(of: node.address))
        node.address = address
        addresses.setOwner(Int32(node.index), of: addresses.number(of: address))
    }

    /// Kills the process of a node.
    package func crash(_ index: Int) {
        let node = nodes[index]
        guard let boot = node.gossip?.identity.boot else { return }
        node.gossip = nil
        network.counters.unclaimed += node.inbox.count
        node.inbox.removeAll()
        node.isPaused = false
        node.isServing = false
        node.isLeaving = false
        endChecking(node, boot: boot)
        disturb(.crashed(node: index))
    }

    /// Loses the file that counts the lives of a node.
    package func loseGeneration(of index: Int) { nodes[index].generation = 0 }

    /// Stops the process of a node (SIGSTOP); datagrams wait in its socket.
    package func pause(_ index: Int) {
        guard nodes[index].isRunning else { return }
        nodes[index].isPaused = true
        disturb(.paused(node: index))
    }

    /// Continues it: first its timers, as it knows only its clock, then what waits.
    package func `continue`(_ index: Int) {
        let node = nodes[index]
        guard node.isPaused else { return }
        node.isPaused = false
        disturb(.continued(node: index))
        tick(node)
        beginService(node)
    }

    /// Asks a node to leave.
    package func leave(_ index: Int) {
        nodes[index].isLeaving = true
        disturb(.left(node: index))
        act(index) { gossip, now, effects in gossip.leave(at: now, effects: &effects) }
    }

    /// Moves the monotonic clock of one machine forward, as after a virtual machine was moved. That
    /// clock never goes back, so neither does this one.
    package func jumpClock(of index: Int, by jump: Duration) {
        let node = nodes[index]
        let nanoseconds = max(0, jump.nanoseconds)
        node.clockOffset += nanoseconds
        disturb(.clockJumped(node: index, nanoseconds: nanoseconds))
        reschedule(node)
    }

    /// Lets a node do something now, unless it does not run or is paused.
    package func act(
        _ index: Int, _ body: (inout Gossip, Instant, inout [GossipEffect]) throws -> Void
    ) rethrows {
        let node = nodes[index]
        guard node.isRunning, !node.isPaused else { return }
        disturb(.acted(node: index))
        checks.checksOwnRecords = true
        defer { settle(node) }
        let clock = node.clock(at: now)
        try node.gossip?.apply { gossip throws in try body(&gossip, clock, &effects) }
    }

    /// Has a node begin a new key epoch.
    package func rotateKeys(of index: Int) {
        let key = (0..<GossipKey.length).map { _ in
            UInt8.random(in: .min ... .max, using: &random)
        }
        act(index) { gossip, now, effects in
            do throws(KeyEpochError) {
                try gossip.rotate(key: key, at: now, effects: &effects)
            } catch {
                violate("\(nodes[index].name) does not rotate: \(error)")
            }
        }
    }

    /// Puts a sentence of the caller among the last events.
    package func note(_ text: String) {
        log.add(.noted(text), at: now)
    }

    /// Something changed from outside: the cluster needs time to be calm again.
    func disturb(_ event: LogEntry.Event) {
        checks.lastDisturbance = now
        log.add(event, at: now)
    }
}

extension Gossip {
    /// Changes the engine in place; copying one is not cheap.
    fileprivate mutating func apply(_ body: (inout Gossip) throws -> Void) rethrows {
        try body(&self)
    }
}

import Gossip
package import Primitives

/// How datagrams travel.
extension SimulatedCluster {
    /// Sends bytes as a stranger, or as whoever `from` belongs to; the network treats them like
    /// any others.
    package func inject(_ bytes: [UInt8], from: SocketAddress, to: SocketAddress) {
        checks.lastDisturbance = now
        let number = addresses.number(of: from)
        let sender = addresses.owner(of: number)
        transmit(bytes, sender: sender, from: from, to: to)
    }

    /// UDP payload that was sent to an address so far.
    package func bytesSent(to address: SocketAddress) -> Int {
        addresses.bytes(to: address)
    }

    func send(_ bytes: [UInt8], of node: SimulatedNode, to address: SocketAddress) {
        node.datagramsSent += 1
        node.bytesSent += bytes.count + NetworkConditions.headerLength
        if bytes.count > Checkers.datagramSizeMax {
            violate("\(node.name) sent a datagram of \(bytes.count) bytes")
        }
        transmit(bytes, sender: Int32(node.index), from: node.address, to: address)
    }

    private func transmit(
        _ bytes: [UInt8], sender: Int32, from: SocketAddress, to: SocketAddress
    ) {
        let destination = addresses.number(of: to)
        addresses.addBytes(bytes.count, to: destination)
        let owner = addresses.owner(of: destination)
        let source = sender < 0 ? nil : Int(sender)
        let receiver = owner < 0 ? nil : Int(owner)
        tap?(Tapped(sender: source, receiver: receiver, from: from, to: to, bytes: bytes))
        network.carry(bytes, from: source, to: receiver) { delay, copy in
            let slot = store(
                Delivery(from: from, sender: sender, destination: destination, bytes: copy))
            queue.insert(.arrival(slot), at: now.advanced(byNanoseconds: delay))
        }
    }

    private func store(_ delivery: Delivery) -> Int32 {
        if let slot = freeSlots.popLast() {
            deliveries[Int(slot)] = delivery
            return slot
        }
        deliveries.append(delivery)
        return Int32(deliveries.count - 1)
    }

    /// A datagram arrives at an address: whoever is there now gets it.
    func arrive(_ slot: Int32) {
        let delivery = deliveries[Int(slot)]
        deliveries[Int(slot)].bytes = []
        freeSlots.append(slot)
        let owner = addresses.owner(of: delivery.destination)
        guard owner >= 0, nodes[Int(owner)].isRunning else {
            network.counters.unclaimed += 1
            return
        }
        let node = nodes[Int(owner)]
        guard node.isPaused || network.conditions.serviceTime > 0 || !node.inbox.isEmpty else {
            return receive(delivery, node)
        }
        guard node.inbox.append(delivery, capacity: network.conditions.receiveBuffer) else {
            network.counters.overflowed += 1
            if delivery.sender >= 0 { network.counters.overflowedFromNodes += 1 }
            return
        }
        beginService(node)
    }

    /// Has a node work off its buffer, unless it does already.
    func beginService(_ node: SimulatedNode) {
        guard !node.isPaused, !node.isServing, !node.inbox.isEmpty else { return }
        node.isServing = true
        queue.insert(
            .service(Int32(node.index)),
            at: now.advanced(byNanoseconds: network.conditions.serviceTime))
    }

    func serve(_ node: SimulatedNode) {
        guard node.isServing else { return }
        node.isServing = false
        guard !node.isPaused, let delivery = node.inbox.popFirst() else { return }
        receive(delivery, node)
        beginService(node)
    }

    private func receive(_ delivery: Delivery, _ node: SimulatedNode) {
        network.counters.delivered += 1
        extendTrace(delivery, node)
        log.add(
            .received(
                node: node.index, sender: Int(delivery.sender), bytes: delivery.bytes.count),
            at: now)
        let clock = node.clock(at: now)
        node.gossip?.receive(
            datagram: delivery.bytes, from: delivery.from, at: clock, effects: &effects)
        settle(node)
    }

    /// The end of a sealed datagram is its tag, which stands for all of it.
    private func extendTrace(_ delivery: Delivery, _ node: SimulatedNode) {
        trace.combine(UInt64(bitPattern: now.nanoseconds))
        trace.combine(UInt64(node.index))
        trace.combine(delivery.bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}

import Membership
import Primitives
import Replication
import Testing

/// Nodes that were away: the cases for which other designs keep tombstones. Method: small clusters
/// that exchange records and digests; between the removal and the return so much time passes that
/// nobody keeps the removal any more.
@Suite("Shared records and absent nodes")
struct SharedAbsenceTests {
    private func key(_ id: UInt64) -> RecordKey { RecordKey(kind: .backend, id: id) }

    private func empty(_ seed: UInt64, nodes: Int) -> SharedNetwork {
        var configuration = SharedConfiguration()
        configuration.removalRetention = .seconds(5)
        return SharedNetwork(nodes: nodes, seed: seed, configuration: configuration)
    }

    /// Four nodes have the backends 1 to 5, set by all in turn.
    private func cluster(_ seed: UInt64) throws -> SharedNetwork {
        var network = empty(seed, nodes: 4)
        for id in 1...5 {
            try network.nodes[id % 4].set(key(UInt64(id)), [UInt8(id)], at: network.now)
        }
        try #require(network.settle() != nil)
        return network
    }

    private func wait(_ network: inout SharedNetwork) {
        for _ in 0..<70 { network.tick() }
    }

    private func backends(_ node: SharedNode) -> [UInt64] {
        node.records.values(of: .backend).map(\.key.id)
    }

    @Test("A backend removed while a node was away does not return with it", arguments: 0..<50)
    func removedMeanwhile(seed: UInt64) throws {
        var network = try cluster(seed)
        network.sides[3] = 1
        try network.nodes[1].remove(key(2), at: network.now)
        try network.nodes[0].remove(key(3), at: network.now)
        wait(&network)
        for node in network.nodes { #expect(node.records.overhead.removals == 0) }
        let before = network.nodes.map(\.changes.count)
        network.heal()
        try #require(network.settle() != nil)
        for index in 0..<3 { #expect(network.nodes[index].changes.count == before[index]) }
        #expect(backends(network.nodes[3]) == [1, 4, 5])
        let reset = network.nodes[3].changes.dropFirst(before[3])
        #expect(Set(reset.map(\.key.id)) == [2, 3])
        #expect(reset.allSatisfy { $0.kind == .removed })
    }

    @Test("What a node did while it was away is taken in", arguments: 0..<50)
    func doneAway(seed: UInt64) throws {
        var network = try cluster(seed)
        network.sides[3] = 1
        for round in 0..<4 {
            try network.nodes[3].set(key(6), [UInt8(60 + round)], at: network.now)
            try network.nodes[3].remove(key(4), at: network.now)
            try network.nodes[0].set(key(7), [UInt8(70 + round)], at: network.now)
            wait(&network)
        }
        network.heal()
        try #require(network.settle() != nil)
        for node in network.nodes {
            #expect(backends(node) == [1, 2, 3, 5, 6, 7])
            #expect(node.records.value(of: key(6))?.value == [63])
        }
    }

    @Test("A backend removed and added again is there, wherever the old one is still held")
    func addedAgain() throws {
        var network = try cluster(1)
        network.sides[3] = 1
        try network.nodes[0].remove(key(2), at: network.now)
        wait(&network)
        try network.nodes[1].set(key(2), [22], at: network.now)
        wait(&network)
        network.heal()
        try #require(network.settle() != nil)
        for node in network.nodes {
            #expect(node.records.values(of: key(2)).map(\.value) == [[22]])
        }
    }

    /// The node that hears only of the last operation must not conclude that those before it are
    /// dead, however long it is alone.
    @Test("A node that has heard of little makes nobody drop anything", arguments: 0..<50)
    func littleHeard(seed: UInt64) throws {
        var network = empty(seed, nodes: 4)
        network.sides[3] = 1
        for id in 1...20 {
            try network.nodes[0].set(key(UInt64(id)), [UInt8(id)], at: network.now)
        }
        try network.nodes[0].set(key(21), [21], at: network.now)
        try network.nodes[0].remove(key(21), at: network.now)
        let last = try #require(network.nodes[0].records.record(owner: name("n0"), key: key(21)))
        network.nodes[3].receive(last, at: network.now)
        wait(&network)
        // The writer is gone for good, and nobody is there to ask.
        network.sides[0] = 2
        wait(&network)
        for index in 1...3 { network.sides[index] = 0 }
        try #require(network.settle(1...3) != nil)
        for node in network.nodes[1...] { #expect(backends(node) == Array(1...20)) }
    }

    @Test("A value that reached one node before its writer died reaches all")
    func writerDies() throws {
        var network = try cluster(2)
        try network.nodes[0].set(key(8), [8], at: network.now)
        try network.nodes[0].set(key(9), [9], at: network.now)
        let eight = try #require(network.nodes[0].records.record(owner: name("n0"), key: key(8)))
        network.sides = [-1, 0, 0, 1]
        network.nodes[3].receive(eight, at: network.now)
        wait(&network)
        network.restart(0)
        network.heal()
        try #require(network.settle() != nil)
        for node in network.nodes { #expect(backends(node) == [1, 2, 3, 4, 5, 8]) }
    }

    /// The removed value's number lies above one that nobody ever heard of, so it is not enough to
    /// remember up to where nothing is missing.
    @Test("All witnesses of a removal may be replaced, and still it does not return")
    func witnesses() throws {
        var network = try cluster(3)
        network.sides[1] = -1
        try network.nodes[1].set(key(31), [31], at: network.now)
        try network.nodes[1].set(key(32), [32], at: network.now)
        let record = try #require(network.nodes[1].records.record(owner: name("n1"), key: key(32)))
        for index in [0, 2, 3] {
            network.nodes[index].receive(record, at: network.now)
        }
        network.sides[3] = 1
        try network.nodes[0].remove(key(32), at: network.now)
        network.restart(1)
        network.sides[1] = 0
        try #require(network.settle(0...2) != nil)
        for index in [0, 2] {
            network.restart(index)
            try #require(network.settle(0...2) != nil)
        }
        #expect(network.nodes[3].records.value(of: key(32)) != nil)
        network.heal()
        try #require(network.settle() != nil)
        for node in network.nodes { #expect(backends(node) == [1, 2, 3, 4, 5]) }
    }

    @Test("Two halves that were apart for a day agree within ten seconds", arguments: 0..<20)
    func halves(seed: UInt64) throws {
        var network = empty(seed, nodes: 6)
        for id in 1...60 { try network.nodes[id % 6].set(key(UInt64(id)), [1], at: network.now) }
        try #require(network.settle() != nil)
        network.sides = [0, 0, 0, 1, 1, 1]
        for id in 1...30 { try network.nodes[id % 3].remove(key(UInt64(id)), at: network.now) }
        for id in 61...90 {
            try network.nodes[3 + id % 3].set(key(UInt64(id)), [2], at: network.now)
        }
        wait(&network)
        network.heal()
        #expect(network.settle(within: 100) != nil)
        for node in network.nodes { #expect(backends(node) == Array(31...90)) }
    }
}

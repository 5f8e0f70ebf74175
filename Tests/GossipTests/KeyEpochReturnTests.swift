import Gossip
import Membership
import Primitives
import Testing
import Wire

/// Whoever missed a rotation comes back, and whoever did not is not disturbed.
@Suite("Return to a key epoch")
struct KeyEpochReturnTests {
    private func rotated(_ count: Int, seed: UInt64) throws -> EpochCluster {
        var cluster = EpochCluster(count, seed: seed)
        cluster.run(for: .seconds(1))
        try cluster.rotate(0)
        cluster.run(for: .seconds(20))
        #expect(cluster.settledEpoch?.number == 1)
        return cluster
    }

    private func expectUnderstood(_ cluster: EpochCluster) {
        #expect(cluster.violations.isEmpty)
        #expect(cluster.misunderstandings.isEmpty)
    }

    @Test(
        "A joiner with the key file is in within a round of contacts",
        arguments: EpochCluster.seeds(4))
    func joiner(seed: UInt64) throws {
        var cluster = try rotated(4, seed: seed)
        let index = cluster.add()
        cluster.run(for: .seconds(4))
        #expect(cluster.nodes[index].epochs.used.number == 1)
        #expect(cluster.isWhole)
        cluster.run(for: .seconds(15))
        #expect(cluster.settledEpoch?.number == 1)
        expectUnderstood(cluster)
    }

    @Test("A joiner in the middle of a rotation disturbs nobody", arguments: EpochCluster.seeds(16))
    func joinerDuringRotation(seed: UInt64) throws {
        var cluster = try rotated(4, seed: seed)
        try cluster.rotate(1)
        cluster.run(for: .milliseconds(250 * Int64(seed % 16)))
        _ = cluster.add()
        cluster.run(for: .seconds(30))
        #expect(cluster.settledEpoch?.number == 2)
        #expect(cluster.isWhole)
        expectUnderstood(cluster)
    }

    @Test("A node restarted from the key file comes back", arguments: EpochCluster.seeds(4))
    func restart(seed: UInt64) throws {
        var cluster = try rotated(4, seed: seed)
        cluster.crash(2)
        cluster.run(for: .seconds(5))
        try cluster.rotate(0)
        cluster.run(for: .seconds(20))
        cluster.restart(2)
        cluster.run(for: .seconds(20))
        #expect(cluster.settledEpoch?.number == 2)
        #expect(cluster.isWhole)
        expectUnderstood(cluster)
    }

    @Test(
        "All but one restart: they learn the epoch of the one that stayed",
        arguments: EpochCluster.seeds(4))
    func massRestart(seed: UInt64) throws {
        var cluster = try rotated(6, seed: seed)
        for index in 1..<6 { cluster.crash(index) }
        cluster.run(for: .seconds(5))
        for index in 1..<6 { cluster.restart(index) }
        cluster.run(for: .seconds(40))
        #expect(cluster.settledEpoch?.number == 1)
        #expect(cluster.isWhole)
        #expect(cluster.violations.isEmpty)
    }

    @Test(
        "A node that was stopped during a rotation comes back at once",
        arguments: EpochCluster.seeds(4))
    func stopped(seed: UInt64) throws {
        var cluster = try rotated(4, seed: seed)
        cluster.stop(3)
        cluster.run(for: .seconds(5))
        try cluster.rotate(0)
        cluster.run(for: .seconds(20))
        #expect(cluster.settledEpoch?.number == 2)
        // It still holds all present; they hold it dead.
        cluster.goOn(3)
        cluster.run(for: .seconds(4))
        #expect(cluster.nodes[3].epochs.used.number == 2)
        #expect(cluster.isWhole)
        cluster.run(for: .seconds(15))
        #expect(cluster.settledEpoch?.number == 2)
        expectUnderstood(cluster)
    }

    @Test(
        "Halves that rotated each for itself become one, each without a gap",
        arguments: EpochCluster.seeds(6))
    func halves(seed: UInt64) throws {
        var cluster = try rotated(6, seed: seed)
        cluster.split([0, 0, 0, 1, 1, 1])
        cluster.run(for: .seconds(5))
        for _ in 0...seed % 3 {
            try cluster.rotate(0)
            cluster.run(for: .seconds(20))
        }
        try cluster.rotate(5)
        cluster.run(for: .seconds(20))
        let numbers = cluster.nodes.map(\.epochs.used.number)
        #expect(numbers == [2, 2, 2].map { $0 + UInt32(seed % 3) } + [2, 2, 2])
        #expect(cluster.nodes[0].epochs.used != cluster.nodes[5].epochs.used)
        let greatest = cluster.nodes.map(\.epochs.used).max()
        expectUnderstood(cluster)
        cluster.heal()
        cluster.run(for: .seconds(10))
        #expect(cluster.isWhole)
        #expect(cluster.nodes.allSatisfy { $0.epochs.used == greatest })
        cluster.run(for: .seconds(15))
        #expect(cluster.settledEpoch == greatest)
        expectUnderstood(cluster)
    }

    @Test(
        "A node cut off for long, which rotated alone, is no trouble",
        arguments: EpochCluster.seeds(4))
    func isolated(seed: UInt64) throws {
        var cluster = try rotated(4, seed: seed)
        cluster.split([0, 0, 0, 1])
        cluster.run(for: .seconds(5))
        for _ in 0..<3 {
            try cluster.rotate(3)
            cluster.run(for: .seconds(15))
        }
        cluster.heal()
        cluster.run(for: .seconds(30))
        #expect(cluster.settledEpoch?.number == 4)
        #expect(cluster.isWhole)
        expectUnderstood(cluster)
    }

    @Test("Whatever happens, in the end all have one epoch", arguments: EpochCluster.seeds(12))
    func anything(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var cluster = EpochCluster(5, seed: seed)
        cluster.loss = 0.1
        for _ in 0..<12 {
            let index = Int.random(in: 0..<5, using: &random)
            let node = cluster.nodes[index]
            switch Int.random(in: 0..<5, using: &random) {
            case 0: cluster.split((0..<5).map { _ in Int.random(in: 0...1, using: &random) })
            case 1: cluster.heal()
            case 2 where node.isRunning && !node.isStopped: cluster.crash(index)
            case 2 where !node.isRunning: cluster.restart(index)
            case 3 where node.isRunning: node.isStopped ? cluster.goOn(index) : cluster.stop(index)
            default:
                if node.isRunning, !node.isStopped, node.epochs.used == node.epochs.newest {
                    try cluster.rotate(index)
                }
            }
            cluster.run(for: .milliseconds(Int64.random(in: 100...8_000, using: &random)))
        }
        cluster.heal()
        for index in 0..<5 {
            if !cluster.nodes[index].isRunning { cluster.restart(index) }
            cluster.goOn(index)
        }
        cluster.run(for: .seconds(60))
        #expect(cluster.settledEpoch != nil)
        #expect(cluster.isWhole)
        #expect(cluster.violations.isEmpty)
        cluster.forgetMisunderstandings()
        cluster.run(for: .seconds(5))
        expectUnderstood(cluster)
    }

    @Test("Whoever recorded it all and gets the key file opens handshakes and epoch 0, no more")
    func recorded() throws {
        var cluster = try rotated(4, seed: 1)
        cluster.isRecording = true
        try cluster.rotate(2)
        cluster.run(for: .seconds(20))
        _ = cluster.add()
        cluster.run(for: .seconds(20))
        #expect(cluster.settledEpoch?.number == 2)
        let ring = try #require(EpochCluster.ring)
        var thief = Seal(cluster: "test", ring: ring, boot: BootID(high: 1, low: 1))
        let secret = [UInt8](repeating: 9, count: 32)
        let exchange = try #require(KeyExchange(secret: secret))
        var (handshakes, keys, closed) = (0, 0, 0)
        for datagram in cluster.recording {
            guard let opened = try? thief.open(datagram) else {
                closed += 1
                continue
            }
            let contents = try Datagram.contents(of: opened.plaintext.span)
            // The newcomer, before it has a key, is the only one that says more.
            if contents.handshake == nil {
                #expect(contents.parts == [.message(.introduce)])
            } else {
                handshakes += 1
            }
            if case .rekey(let rekey) = contents.handshake, exchange.open(rekey) != nil {
                keys += 1
            }
        }
        #expect(handshakes >= 6, "an answer and a question from each that lacked a key")
        #expect(keys == 0)
        #expect(closed > 500)
    }
}

import Gossip
import Membership
import Primitives
import Testing
import Wire

/// Rotation in clusters: all end with one key, and members that hold each other present understand
/// each other all the while.
@Suite("Key epochs")
struct KeyEpochsTests {
    private func expectUnderstood(_ cluster: EpochCluster) {
        #expect(cluster.violations.isEmpty)
        #expect(cluster.misunderstandings.isEmpty)
    }

    @Test(
        "A rotation ends everywhere, and nobody is cut off meanwhile",
        arguments: EpochCluster.seeds(8))
    func rotation(seed: UInt64) throws {
        var cluster = EpochCluster(2 + Int(seed) % 7, seed: seed)
        cluster.loss = seed % 2 == 0 ? 0 : 0.25
        cluster.run(for: .seconds(5))
        for round in 1...3 as ClosedRange<UInt32> {
            try cluster.rotate(Int(seed) % cluster.nodes.count)
            cluster.run(for: .seconds(25))
            #expect(cluster.settledEpoch?.number == round)
        }
        expectUnderstood(cluster)
    }

    @Test("A node alone rotates as well")
    func alone() throws {
        var cluster = EpochCluster(1, seed: 1)
        try cluster.rotate(0)
        cluster.run(for: .seconds(13))
        #expect(cluster.settledEpoch?.number == 1)
    }

    @Test("The same seed gives the same run, another one another")
    func repeatable() throws {
        func trace(_ seed: UInt64) throws -> UInt64 {
            var cluster = EpochCluster(8, seed: seed)
            cluster.loss = 0.2
            try cluster.rotate(3)
            cluster.run(for: .seconds(30))
            return cluster.trace.value
        }
        #expect(try trace(1) == trace(1))
        #expect(try trace(1) != trace(2))
    }

    @Test("Of rotations at once the greatest is everybody's", arguments: EpochCluster.seeds(8))
    func rotationsAtOnce(seed: UInt64) throws {
        var cluster = EpochCluster(9, seed: seed)
        cluster.run(for: .seconds(1))
        try cluster.rotate(0)
        cluster.run(for: .milliseconds(300 * Int64(seed % 10)))
        for index in 1...2 where cluster.nodes[index].epochs.newest == .file {
            try cluster.rotate(index)
        }
        cluster.run(for: .seconds(30))
        #expect(cluster.settledEpoch?.number == 1)
        expectUnderstood(cluster)
    }

    @Test("When an epoch is old enough, the least name begins the next, once")
    func interval() {
        var configuration = KeyEpochsConfiguration()
        configuration.interval = .seconds(100)
        var cluster = EpochCluster(5, seed: 3, configuration: configuration)
        cluster.run(for: .seconds(99))
        #expect(cluster.settledEpoch == .file)
        cluster.run(for: .seconds(20))
        #expect(cluster.settledEpoch?.number == 1)
        cluster.run(for: .seconds(200))
        #expect(cluster.settledEpoch?.number == 3)
        #expect(cluster.nodes.map(\.keysWanted) == [3, 0, 0, 0, 0])
        expectUnderstood(cluster)
    }

    @Test("When the least name does nothing, the next takes its turn")
    func turns() throws {
        var configuration = KeyEpochsConfiguration()
        configuration.interval = .seconds(100)
        func node(_ text: String) throws -> KeyEpochs {
            KeyEpochs(
                configuration: configuration, name: try #require(NodeName(text)),
                secret: [UInt8](repeating: 1, count: 32), now: .zero)
        }
        var second = try node("b")
        var effects: [KeyEpochEffect] = []
        second.memberCame(try #require(NodeName("a")), record: nil, at: .zero, effects: &effects)
        second.memberCame(try #require(NodeName("c")), record: nil, at: .zero, effects: &effects)
        for seconds in stride(from: 0, through: 159, by: 1) {
            second.tick(at: .zero + .seconds(seconds), effects: &effects)
        }
        #expect(effects.isEmpty)
        second.tick(at: .zero + .seconds(160), effects: &effects)
        #expect(effects == [.keyWanted])
    }

    @Test("A restarted node learns the age of the epoch, so its restarts delay nothing")
    func ageTravels() throws {
        var cluster = EpochCluster(3, seed: 4)
        try cluster.rotate(0)
        cluster.run(for: .seconds(300))
        cluster.crash(0)
        cluster.run(for: .seconds(5))
        cluster.restart(0)
        cluster.run(for: .seconds(60))
        let ages = cluster.nodes.map { $0.epochs.age(at: cluster.now).inSeconds }
        #expect(ages.allSatisfy { abs($0 - 365) < 2 }, "\(ages)")
    }

    @Test("A member that is present and lacks the key holds everything up, a dead one nothing")
    func holdUp() throws {
        var cluster = EpochCluster(5, seed: 5)
        cluster.run(for: .seconds(1))
        // It hears nothing and is held present all the same.
        cluster.group[4] = 1
        try cluster.rotate(0)
        cluster.run(for: .seconds(60))
        #expect(cluster.nodes.map(\.epochs.used).allSatisfy { $0 == .file })
        #expect(cluster.nodes[3].epochs.newest.number == 1)
        #expect(throws: KeyEpochError.underWay(cluster.nodes[0].epochs.newest)) {
            try cluster.rotate(0)
        }
        cluster.crash(4)
        cluster.run(for: .seconds(20))
        #expect(cluster.settledEpoch?.number == 1)
        expectUnderstood(cluster)
    }

    @Test("The maker of a key dies before anybody has it: the next rotation is none the worse")
    func makerDies() throws {
        var cluster = EpochCluster(5, seed: 6)
        cluster.run(for: .seconds(1))
        try cluster.rotate(0)
        cluster.crash(0)
        cluster.run(for: .seconds(30))
        #expect(cluster.nodes[1].epochs.used == .file)
        try cluster.rotate(1)
        cluster.run(for: .seconds(20))
        #expect(cluster.settledEpoch?.number == 1)
        expectUnderstood(cluster)
    }

    @Test("Keys that are none begin nothing")
    func badKey() {
        var cluster = EpochCluster(1, seed: 1)
        var effects: [KeyEpochEffect] = []
        var epochs = cluster.nodes[0].epochs
        for count in [0, 31, 33] {
            #expect(throws: KeyEpochError.wrongLength(bytes: count)) {
                try epochs.rotate(
                    key: cluster.randomBytes(count), at: cluster.now, effects: &effects)
            }
        }
        #expect(effects.isEmpty)
    }
}

import Primitives
import Testing

@testable import Membership

/// Who probes whom, and when. Method: whole clusters without loss, whose nodes came one after the
/// other at odd times; their scheduled pings are read.
@Suite("Turns")
struct TurnTests {
    private static let longestPeriod = MembershipConfiguration().period * 1.1

    @Test(
        "Each member is probed by its predecessor on the ring every two periods, whoever came when",
        arguments: [5, 10, 50], [UInt64(1), 2, 3])
    func ring(count: Int, seed: UInt64) {
        let (cluster, names) = Self.cluster(of: count, seed: seed)
        let complete = cluster.now
        cluster.run(for: .seconds(20))
        let ring = names.sorted { Bench.name($0).stableHash < Bench.name($1).stableHash }
        for (place, member) in ring.enumerated() {
            let predecessor = ring[(place + count - 1) % count]
            let probes = cluster.probes(from: predecessor, of: member).filter { $0 >= complete }
            let longest = Self.longestGap([complete] + probes + [cluster.now])
            #expect(longest <= Self.longestPeriod * 2 + SmallCluster.latency)
        }
    }

    @Test(
        "Beside it every pair meets within two periods for each other member",
        arguments: [5, 10, 20])
    func pairs(count: Int) {
        let (cluster, names) = Self.cluster(of: count, seed: 7)
        let start = cluster.now
        let bound = Self.longestPeriod * (2 * (count - 1)) + SmallCluster.latency
        cluster.run(for: bound * 3)
        for (index, name) in names.enumerated() {
            for other in names[(index + 1)...] {
                let meetings =
                    cluster.probes(from: name, of: other)
                    + cluster.probes(from: other, of: name)
                let gap = Self.longestGap(
                    [start] + meetings.filter { $0 >= start }.sorted() + [cluster.now])
                #expect(gap <= bound, "\(name) and \(other)")
            }
        }
    }

    @Test("Every second period is the successor's, the others go round all the rest in order")
    func alternation() throws {
        let bench = Bench()
        let names = ["a", "b", "c", "d", "e", "f", "g"]
        for name in names { bench.know(name) }
        var probed: [SocketAddress] = []
        for _ in 0..<40 {
            let ping = try #require(bench.runToPing())
            probed.append(ping.address)
            bench.answer(ping)
        }
        let successor = try #require(Self.following("me", among: names).first)
        let first = try #require(probed.firstIndex(of: Bench.address(successor)))
        for place in stride(from: first, to: probed.count, by: 2) {
            #expect(probed[place] == Bench.address(successor))
        }
        let others = stride(from: first + 1, to: probed.count, by: 2).map { probed[$0] }
        let round = names.count - 1
        #expect(Set(others.prefix(round)).count == round)
        #expect(!others.contains(Bench.address(successor)))
        for place in round..<others.count { #expect(others[place] == others[place - round]) }
    }

    @Test(
        "A successor that is suspect or gone leaves its place to the next",
        arguments: [
            MemberState.suspect, .dead, .left, .refused,
        ])
    func nextSuccessor(state: MemberState) throws {
        let bench = Bench()
        let names = ["a", "b", "c", "d", "e", "f", "g"]
        for name in names { bench.know(name) }
        let following = Self.following("me", among: names)
        bench.hear(Bench.claim(following[0], state, 0, by: ["me"]))
        let pings = bench.timeline(for: .seconds(10), answering: names)
            .pings(to: following[1])
        #expect(pings.count >= 7, "its turn comes in every second period of sixteen")
    }

    // MARK: - Observers

    private static let eleven = (0..<11).map { "o\($0)" }

    @Test(
        "The three before a suspect on the ring probe it at once, unless they accuse it themselves",
        arguments: eleven)
    func observers(suspect: String) {
        let before = Self.preceding(suspect, among: Self.eleven)
        for me in before {
            for accuser in [before[0], before[2], before[9]] {
                let bench = Self.bench(named: me, among: Self.eleven)
                let effects = bench.hear(Bench.claim(suspect, .suspect, 0, by: [accuser]))
                let isObserver = before.prefix(3).contains(me) && me != accuser
                let pings = effects.pings.filter { $0.address == Bench.address(suspect) }
                #expect(pings.count == (isObserver ? 1 : 0), "\(me), \(accuser) accuses")
            }
        }
    }

    @Test(
        "The nearest before a suspect takes over whom the suspect probed, at once",
        arguments: eleven)
    func takesOver(suspect: String) {
        let before = Self.preceding(suspect, among: Self.eleven)
        let next = before[before.count - 1]
        for me in before where me != next {
            let bench = Self.bench(named: me, among: Self.eleven)
            let effects = bench.hear(Bench.claim(suspect, .suspect, 0, by: [before[0]]))
            let others = effects.pings.map(\.address).filter { $0 != Bench.address(suspect) }
            #expect(others == (me == before[0] ? [Bench.address(next)] : []), "\(me)")
        }
    }

    @Test("Suspect and dead members are no observers, the next ones take their places")
    func substitutes() {
        let suspect = "o4"
        let before = Self.preceding(suspect, among: Self.eleven)
        for (place, isObserver) in [(2, true), (3, true), (4, true), (5, false)] {
            let bench = Self.bench(named: before[place], among: Self.eleven)
            let accuser = before[place]
            // At the second of these the nearest takes over the suspect, too.
            var effects = bench.hear(Bench.claim(before[0], .dead, 0, by: [accuser]))
            effects += bench.hear(Bench.claim(before[1], .suspect, 0, by: [accuser]))
            effects += bench.hear(Bench.claim(suspect, .suspect, 0, by: [before[9]]))
            let pings = effects.pings.filter { $0.address == Bench.address(suspect) }
            #expect(pings.count == (isObserver ? 1 : 0))
        }
    }

    @Test("An observer without an answer accuses as well, and asks no helpers")
    func confirms() {
        let before = Self.preceding("o4", among: Self.eleven)
        let bench = Self.bench(named: before[0], among: Self.eleven)
        bench.hear(Bench.claim("o4", .suspect, 0, by: [before[9]]))
        let others = Self.eleven.filter { $0 != "o4" }
        let timeline = bench.timeline(for: .milliseconds(590), answering: others)
        #expect(bench.accusers("o4") == [before[9]])
        bench.timeline(for: .milliseconds(20), answering: others)
        #expect(bench.accusers("o4") == [before[0], before[9]].sorted())
        let boot = Bench.identity("o4").boot
        for name in others {
            #expect(
                timeline.first(to: name) { message in
                    if case .pingRequest(_, target: boot) = message { true } else { false }
                } == nil)
        }
    }

    @Test("Who left observes nobody")
    func leaver() {
        let before = Self.preceding("o4", among: Self.eleven)
        let bench = Self.bench(named: before[0], among: Self.eleven)
        bench.leave()
        bench.timeline(for: .seconds(3))
        #expect(bench.hear(Bench.claim("o4", .suspect, 0, by: [before[9]])).pings.isEmpty)
    }

    // MARK: - Clusters and rings

    private static func cluster(of count: Int, seed: UInt64) -> (SmallCluster, [String]) {
        var random = SeededRandom(seed: seed)
        let cluster = SmallCluster()
        let names = (0..<count).map { "n\(seed)-\($0)" }
        for name in names {
            cluster.add(name)
            cluster.run(for: .milliseconds(Int.random(in: 0...900, using: &random)))
        }
        return (cluster, names)
    }

    private static func bench(named me: String, among names: [String]) -> Bench {
        let bench = Bench(named: me)
        for name in names where name != me { bench.know(name) }
        return bench
    }

    private static func longestGap(_ instants: [Instant]) -> Duration {
        zip(instants, instants.dropFirst()).map { $1 - $0 }.max() ?? .zero
    }

    /// The others in their order on the ring after `text`.
    private static func following(_ text: String, among names: [String]) -> [String] {
        let place = Bench.name(text).stableHash
        return names.filter { $0 != text }.sorted {
            Bench.name($0).stableHash &- place < Bench.name($1).stableHash &- place
        }
    }

    /// The others, beginning with the one right before `text` on the ring.
    private static func preceding(_ text: String, among names: [String]) -> [String] {
        following(text, among: names).reversed()
    }
}

import Membership
import Primitives
import Replication
import Testing

/// Two nodes compare what they have. Method: both sides are maps from id to version; the exchange
/// is played out as the datagrams would, and its cost counted.
@Suite("Reconciliation")
struct ReconciliationTests {
    private typealias Items = [UInt64: DigestVersion]

    private struct Outcome {
        var rounds = 0
        var entriesSent = 0
        var rangesSent = 0
        var itemsSent = 0
    }

    /// Plays an exchange that `left` begins; both end with the newer version of every item.
    private func exchange(_ left: inout Items, _ right: inout Items) -> Outcome {
        var outcome = Outcome()
        var ranges = Reconciliation.opening(sorted(left))
        var leftIsAnswering = false
        while !ranges.isEmpty, outcome.rounds < 20 {
            outcome.rounds += 1
            outcome.rangesSent += ranges.count
            for case .entries(let entries) in ranges.map(\.content) {
                outcome.entriesSent += entries.count
            }
            let own = leftIsAnswering ? left : right
            let answer = Reconciliation.answer(
                to: ranges, own: sorted(own), version: { own[$0] })
            outcome.itemsSent += answer.offers.count + answer.wants.count
            for id in answer.offers + answer.wants {
                let newest = [left[id], right[id]].compactMap(\.self).max()
                left[id] = newest
                right[id] = newest
            }
            ranges = answer.ranges
            leftIsAnswering.toggle()
        }
        return outcome
    }

    private func sorted(_ items: Items) -> [DigestEntry] {
        items.map { DigestEntry(id: $0.key, version: $0.value) }.sorted { $0.id < $1.id }
    }

    @Test("Any two sets become one, and only what differs is sent", arguments: 0..<48)
    func converges(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let size = [0, 1, 5, 32, 33, 200, 1_500][Int(seed) % 7]
        var left: Items = [:]
        for _ in 0..<size { left[random.next()] = version(1) }
        var right = left
        var differences: Set<UInt64> = []
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let id = random.next()
            let known = left.keys.sorted().first { $0 > id } ?? id
            differences.insert(known)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: left[known] = version(2)
            case 1: right[known] = version(2)
            case 2: left[known] = nil
            default: right[known] = nil
            }
        }
        let real = differences.filter { left[$0] != right[$0] }
        let outcome = exchange(&left, &right)
        #expect(left == right)
        #expect(outcome.itemsSent == real.count)
        #expect(outcome.rounds <= 6)
    }

    @Test("Equal sets cost one message of fingerprints, a small difference little more")
    func cost() {
        var random = SeededRandom(seed: 5)
        var left: Items = [:]
        for _ in 0..<5_000 { left[random.next()] = version(1) }
        var right = left
        let equal = exchange(&left, &right)
        #expect(equal.rounds == 1)
        #expect(equal.entriesSent == 0)
        right[random.next()] = version(1)
        let one = exchange(&left, &right)
        #expect(one.entriesSent <= 2 * Reconciliation.listLimit)
        #expect(one.rangesSent <= 4 * 16)
    }

    @Test("Ranges of an opening cover everything, once", arguments: [0, 1, 32, 33, 500])
    func covers(count: Int) {
        var random = SeededRandom(seed: UInt64(count))
        var items: Items = [:]
        for _ in 0..<count { items[random.next()] = version(1) }
        let ranges = Reconciliation.opening(sorted(items))
        #expect(ranges.first?.lower == .min)
        #expect(ranges.last?.upper == .max)
        for (range, next) in zip(ranges, ranges.dropFirst()) {
            #expect(range.upper &+ 1 == next.lower)
        }
    }

    @Test(
        "A list against what we have, hold back, or lack",
        arguments: [
            // ours listed, ours unlisted (a removal), theirs; offered, wanted
            (1, nil, 1, false, false), (2, nil, 1, true, false), (1, nil, 2, false, true),
            (1, nil, nil, true, false), (nil, nil, 1, false, true), (nil, 2, 1, true, false),
            (nil, 1, 1, false, false), (nil, 1, 2, false, true), (nil, 2, nil, false, false),
        ] as [(UInt64?, UInt64?, UInt64?, Bool, Bool)])
    func lists(listed: UInt64?, unlisted: UInt64?, theirs: UInt64?, offers: Bool, wants: Bool) {
        let own = listed.map { [DigestEntry(id: 7, version: version($0))] } ?? []
        let list = theirs.map { [DigestEntry(id: 7, version: version($0))] } ?? []
        let range = DigestRange(lower: 0, upper: 9, content: .entries(list))
        let answer = Reconciliation.answer(
            to: [range], own: own,
            version: { id in id == 7 ? (listed ?? unlisted).map(version) : nil })
        #expect(answer.offers == (offers ? [7] : []))
        #expect(answer.wants == (wants ? [7] : []))
        #expect(answer.ranges.isEmpty, "a list is answered by items, so exchanges end")
    }

    @Test("A later generation is newer whatever the counter")
    func generations() {
        #expect(
            DigestVersion(generation: 1, counter: 99) < DigestVersion(generation: 2, counter: 0))
    }

    private func version(_ counter: UInt64) -> DigestVersion {
        DigestVersion(generation: 1, counter: counter)
    }
}

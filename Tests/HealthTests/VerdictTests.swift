import Health
import Primitives
import Testing

/// Observations by name: a capital sees up, a small letter sees down, `?` has no opinion.
private func observations(_ text: String) -> [Observation] {
    text.enumerated().map { index, letter in
        Observation(
            observer: letter == "?" ? "?\(index)" : letter.uppercased(),
            status: letter == "?" ? .unknown : letter.isUppercase ? .up : .down,
            reason: letter.isLowercase ? .refused : nil, since: .zero)
    }
}

private func verdict(_ status: HealthStatus) -> Verdict {
    Verdict.merge(
        rule: .all, own: Observation(observer: "X", status: status, reason: nil, since: .zero),
        others: [], previous: .unknown)
}

@Suite("Verdicts")
struct VerdictTests {
    /// Own and others as in `observations`, the previous status, and what each rule then says.
    struct Row: Sendable {
        let own: String
        let others: String
        let previous: HealthStatus
        let majority: HealthStatus
        let any: HealthStatus
        let all: HealthStatus
        let local: HealthStatus

        init(
            _ own: String, _ others: String, _ previous: HealthStatus, majority: HealthStatus,
            any: HealthStatus, all: HealthStatus, local: HealthStatus
        ) {
            self.own = own
            self.others = others
            self.previous = previous
            self.majority = majority
            self.any = any
            self.all = all
            self.local = local
        }
    }

    @Test(
        "Each rule over those with an opinion",
        arguments: [
            // Nobody observes, or nobody has an opinion: the last verdict stays.
            Row("", "", .up, majority: .up, any: .up, all: .up, local: .up),
            Row("", "", .down, majority: .down, any: .down, all: .down, local: .down),
            Row("?", "??", .down, majority: .down, any: .down, all: .down, local: .down),
            Row(
                "?", "", .unknown, majority: .unknown, any: .unknown, all: .unknown, local: .unknown
            ),
            // One opinion is a majority of one, whoever has it.
            Row("a", "", .up, majority: .down, any: .down, all: .down, local: .down),
            Row("A", "??", .down, majority: .up, any: .up, all: .up, local: .up),
            Row("", "b", .up, majority: .down, any: .down, all: .down, local: .up),
            Row("?", "b", .up, majority: .down, any: .down, all: .down, local: .up),
            // One against one is a tie: majority keeps the last verdict.
            Row("a", "B", .up, majority: .up, any: .down, all: .up, local: .down),
            Row("a", "B", .down, majority: .down, any: .down, all: .up, local: .down),
            Row("A", "b", .unknown, majority: .unknown, any: .down, all: .up, local: .up),
            // Two against one, with and without this node among the two.
            Row("a", "bC", .up, majority: .down, any: .down, all: .up, local: .down),
            Row("A", "bc", .up, majority: .down, any: .down, all: .up, local: .up),
            Row("a", "BC", .down, majority: .up, any: .down, all: .up, local: .down),
            // Those without an opinion weigh nothing.
            Row("?", "bcD??", .up, majority: .down, any: .down, all: .up, local: .up),
            Row("A", "b??", .down, majority: .down, any: .down, all: .up, local: .up),
            // All agree.
            Row("a", "bc", .up, majority: .down, any: .down, all: .down, local: .down),
            Row("A", "BC", .down, majority: .up, any: .up, all: .up, local: .up),
        ])
    func rules(row: Row) {
        func status(_ rule: VerdictRule) -> HealthStatus {
            Verdict.merge(
                rule: rule, own: observations(row.own).first, others: observations(row.others),
                previous: verdict(row.previous)
            ).status
        }
        #expect(status(.majority) == row.majority)
        #expect(status(.any) == row.any)
        #expect(status(.all) == row.all)
        #expect(status(.local) == row.local)
    }

    @Test("It shows who sees the backend up and who sees it down, by name")
    func witnesses() {
        let merged = Verdict.merge(
            rule: .majority, own: observations("c").first, others: observations("dBa?"),
            previous: .unknown)
        #expect(merged.status == .down)
        #expect(merged.seenUp.map(\.observer) == ["B"])
        #expect(merged.seenDown.map(\.observer) == ["A", "C", "D"])
    }

    @Test("The reason is this node's own, else the first witness's, else the last one known")
    func reasons() {
        func down(_ observer: String, _ reason: FailureReason) -> Observation {
            Observation(observer: observer, status: .down, reason: reason, since: .zero)
        }
        let others = [down("lb-3", .reset), down("lb-1", .timedOut)]
        let own = Verdict.merge(
            rule: .majority, own: down("lb-2", .refused), others: others, previous: .unknown)
        #expect(own.reason == .refused)
        let theirs = Verdict.merge(rule: .majority, own: nil, others: others, previous: own)
        #expect(theirs.reason == .timedOut)
        let nobody = Verdict.merge(rule: .majority, own: nil, others: [], previous: theirs)
        #expect(nobody.status == .down && nobody.reason == .timedOut)
        let up = Verdict.merge(
            rule: .majority, own: observations("A").first, others: [], previous: nobody)
        #expect(up.reason == nil)
    }

    @Test("A name votes once: own first, then the newest")
    func oneVoteEach() {
        let old = Observation(observer: "B", status: .down, reason: .reset, since: .zero)
        let new = Observation(
            observer: "B", status: .up, reason: nil, since: Instant(nanoseconds: 1))
        let merged = Verdict.merge(
            rule: .all, own: observations("a").first, others: observations("A") + [old, new, old],
            previous: .unknown)
        #expect(merged.seenDown.map(\.observer) == ["A"])
        #expect(merged.seenUp == [new])
    }

    @Test("The order of the others does not matter", arguments: UInt64(0)..<64)
    func orderIndependent(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let statuses = HealthStatus.allCases
        var others = (0..<Int.random(in: 0...9, using: &random)).map { index in
            Observation(
                observer: "lb-\(index % 7)",
                status: statuses[Int.random(in: 0...2, using: &random)],
                reason: nil, since: Instant(nanoseconds: Int64.random(in: 0...3, using: &random)))
        }
        let own = Bool.random(using: &random) ? observations("a").first : nil
        let previous = verdict(statuses[Int.random(in: 0...2, using: &random)])
        for rule in VerdictRule.allCases {
            let expected = Verdict.merge(rule: rule, own: own, others: others, previous: previous)
            for _ in 0..<10 {
                others.shuffle(using: &random)
                #expect(
                    Verdict.merge(rule: rule, own: own, others: others, previous: previous)
                        == expected)
            }
        }
    }

    @Test("Down by majority needs more downs than ups, never fewer", arguments: UInt64(0)..<64)
    func majorityIsMonotone(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let statuses = HealthStatus.allCases
        var others = (0..<5).map { index in
            Observation(
                observer: "lb-\(index)", status: statuses[Int.random(in: 0...2, using: &random)],
                reason: nil, since: .zero)
        }
        let before = Verdict.merge(rule: .majority, own: nil, others: others, previous: .unknown)
        // One observer more that sees it down can only push towards down.
        others.append(Observation(observer: "new", status: .down, reason: nil, since: .zero))
        let after = Verdict.merge(rule: .majority, own: nil, others: others, previous: before)
        #expect(before.status != .down || after.status == .down)
        #expect(after.status != .up || after.seenUp.count >= after.seenDown.count)
    }
}

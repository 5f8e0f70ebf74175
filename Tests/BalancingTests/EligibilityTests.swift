import Balancing
import Testing

@Suite("Who takes new traffic")
struct EligibilityTests {
    /// A pool in letters: u up, d down, as a backup in capitals; after `-` drained, after `x` in
    /// maintenance, after `0` without weight.
    private func pool(_ letters: String) -> [Eligibility.Backend] {
        var backends: [Eligibility.Backend] = []
        var state = Eligibility.AdministrativeState.ready
        var weight: UInt16 = 1
        for letter in letters {
            switch letter {
            case "-": state = .drain
            case "x": state = .maintenance
            case "0": weight = 0
            default:
                backends.append(
                    Eligibility.Backend(
                        isUp: letter.lowercased() == "u", administrativeState: state,
                        isBackup: letter.isUppercase, weight: weight))
                state = .ready
                weight = 1
            }
        }
        return backends
    }

    struct Row: Sendable {
        let pool: String
        let threshold: Int
        let positions: [UInt32]
        let tier: Eligibility.Tier
        let isPanicking: Bool

        init(
            _ pool: String, _ threshold: Int, _ positions: [UInt32], _ tier: Eligibility.Tier,
            panics: Bool = false
        ) {
            self.pool = pool
            self.threshold = threshold
            self.positions = positions
            self.tier = tier
            isPanicking = panics
        }
    }

    @Test(
        "Health, maintenance, backups and panic decide together",
        arguments: [
            Row("uuu", 0, [0, 1, 2], .primaries),
            Row("udu", 0, [0, 2], .primaries),
            Row("ddd", 0, [], .none),
            Row("", 50, [], .none),
            Row("u-ux u0u", 0, [0], .primaries),
            // Backups wait until no primary is up; then all that are up come.
            Row("duU", 0, [1], .primaries),
            Row("ddDUU", 0, [3, 4], .backups),
            Row("-uU", 0, [1], .backups),
            Row("ddDD", 0, [], .none),
            // Panic: strictly below the threshold.
            Row("uudd", 50, [0, 1], .primaries),
            Row("uddd", 50, [0, 1, 2, 3], .primaries, panics: true),
            Row("uddd", 25, [0], .primaries),
            Row("uddd", 26, [0, 1, 2, 3], .primaries, panics: true),
            Row("ud", 100, [0, 1], .primaries, panics: true),
            Row("uu", 100, [0, 1], .primaries),
            // Drained backends and those in maintenance get nothing in panic either, nor do
            // they count.
            Row("ud-dxd", 50, [0], .primaries),
            Row("dd-dxd0d", 50, [0, 1], .primaries, panics: true),
            // Live backups come before dead primaries, dead primaries before dead backups.
            Row("ddU", 50, [2], .backups),
            Row("uddU", 50, [0, 1, 2], .primaries, panics: true),
            Row("ddD", 50, [0, 1], .primaries, panics: true),
            Row("-uD", 50, [1], .backups, panics: true),
            Row("-dDD", 1, [1, 2], .backups, panics: true),
        ])
    func decision(row: Row) {
        let decision = Eligibility.decide(
            pool(row.pool.filter { $0 != " " }),
            panicThreshold: row.threshold)
        #expect(decision.positions == row.positions)
        #expect(decision.tier == row.tier)
        #expect(decision.isPanicking == row.isPanicking)
    }
}

/// Which operations of every life this node has heard of, and which of them are live.
///
/// An operation that was heard of and is not live is dead: superseded or removed. So nothing need
/// be kept of the dead but their numbers, which are ranges: the causal context of an optimised
/// observed-remove set (Bieniusa and others, "An optimized conflict-free replicated set", 2012),
/// with ranges in place of a version vector because records arrive in any order.
struct CausalContext: Sendable {
    private let limits: SharedConfiguration
    /// The life that this node's own operations belong to, which is never forgotten.
    var ownLife: Life
    /// By writer, and then by generation.
    private var writers: [UInt64: [LifeHistory]] = [:]
    private var lives: [UInt64: Life] = [:]
    /// The sum of the fingerprints of what is listed.
    private(set) var fingerprint: UInt64 = 0

    init(limits: SharedConfiguration, ownLife: Life) {
        self.limits = limits
        self.ownLife = ownLife
    }

    /// The number of lives that are remembered.
    var lifeCount: Int { lives.count }

    func isLive(_ dot: Dot) -> Bool { history(of: dot.life)?.live[dot.version] != nil }

    func isDead(_ dot: Dot) -> Bool { history(of: dot.life)?.isDead(dot.version) ?? false }

    /// The number of live operations of a life.
    func liveCount(of life: Life) -> Int { history(of: life)?.live.count ?? 0 }

    // MARK: - Changes

    /// Remembers that there is such an operation. What is not live from then on is dead. The answer
    /// is false when there is no room.
    @discardableResult
    mutating func note(_ dot: Dot) -> Bool {
        let limit = limits.rangesPerLife
        return update(dot.life) { $0.note(dot.version, rangeLimit: limit) } ?? false
    }

    /// Begins the life of an operation whose digest entry has that fingerprint. The answer is false
    /// when there is no room.
    mutating func bear(_ dot: Dot, fingerprint: UInt64) -> Bool {
        let limit = limits.rangesPerLife
        return update(dot.life, isBirth: true) { history in
            history.bear(dot.version, fingerprint: fingerprint)
            // Where there is no room for one gap more, it is known by being held.
            _ = history.note(dot.version, rangeLimit: limit)
            return true
        } ?? false
    }

    /// Ends the life of an operation.
    mutating func bury(_ dot: Dot) {
        let limit = limits.rangesPerLife
        _ = update(dot.life) { history in
            history.bury(dot.version)
            return history.note(dot.version, rangeLimit: limit)
        }
    }

    /// Takes in what another node has heard of a life; the answer says whether it agrees with what
    /// is live here.
    mutating func merge(_ watermark: Watermark) -> Bool {
        let limit = limits.rangesPerLife
        return update(watermark.life) { $0.merge(watermark, rangeLimit: limit) } ?? false
    }

    /// Changes one life's history, and gives nil when there is no room for another life.
    private mutating func update(
        _ life: Life, isBirth: Bool = false, _ change: (inout LifeHistory) -> Bool
    ) -> Bool? {
        if lives[life.digestID] == nil {
            insert(LifeHistory(life: life))
            guard lives.count <= limits.lifeLimit || makeRoom(for: life, isBirth: isBirth) else {
                remove(life)
                return nil
            }
        }
        var histories = writers.removeValue(forKey: life.writer) ?? []
        let index = Self.position(of: life, in: histories)
        fingerprint &-= histories[index].digestEntry?.fingerprint ?? 0
        let result = change(&histories[index])
        fingerprint &+= histories[index].digestEntry?.fingerprint ?? 0
        writers[life.writer] = histories
        if histories[index].isEmpty { remove(life) }
        return result
    }

    private mutating func insert(_ history: LifeHistory) {
        let life = history.life
        let index = Self.position(of: life, in: writers[life.writer] ?? [])
        writers[life.writer, default: []].insert(history, at: index)
        lives[life.digestID] = life
    }

    private mutating func remove(_ life: Life) {
        guard let histories = writers[life.writer] else { return }
        let index = Self.position(of: life, in: histories)
        fingerprint &-= histories[index].digestEntry?.fingerprint ?? 0
        writers[life.writer]?.remove(at: index)
        if histories.count == 1 { writers[life.writer] = nil }
        lives[life.digestID] = nil
    }

    /// Forgets a life, and with it what is dead of it: the one that most lives of the same writer
    /// have followed, so that a process that restarts all the time forgets its own. Every node
    /// chooses the same, whatever the order in which it hears of them. The answer is false when it
    /// would be `life` itself, or when none can go.
    private mutating func makeRoom(for life: Life, isBirth: Bool) -> Bool {
        var choice: (rank: Int, life: Life)?
        for (writer, histories) in writers {
            let index = histories.firstIndex { history in
                history.live.isEmpty && history.life != ownLife
                    && !(isBirth && history.life == life)
            }
            guard let index else { continue }
            let rank = histories.count - index
            if let choice, (choice.rank, choice.life.writer) > (rank, writer) { continue }
            choice = (rank, histories[index].life)
        }
        guard let forgotten = choice?.life, forgotten != life else { return life == ownLife }
        remove(forgotten)
        return true
    }

    // MARK: - Digests

    /// One entry for each life, in no particular order.
    var digestEntries: [DigestEntry] {
        writers.values.flatMap { $0.compactMap(\.digestEntry) }
    }

    /// The life that a digest calls `id`.
    func history(id: UInt64) -> LifeHistory? { lives[id].flatMap(history(of:)) }

    private func history(of life: Life) -> LifeHistory? {
        guard let histories = writers[life.writer] else { return nil }
        let index = Self.position(of: life, in: histories)
        guard index < histories.count, histories[index].life == life else { return nil }
        return histories[index]
    }

    /// Where the history of that life is, or would be.
    private static func position(of life: Life, in histories: [LifeHistory]) -> Int {
        // Nearly always it is the newest.
        var index = histories.count
        while index > 0, histories[index - 1].life.generation >= life.generation { index -= 1 }
        return index
    }
}

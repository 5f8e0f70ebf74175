package import Primitives

/// Says which checks are due: pure, so whoever owns it brings the time and starts the probes.
///
/// Every check has a phase of its own, drawn once, on a grid of its interval; so checks that were
/// added together do not fire together, and a delay shifts nobody for good. The very first probe
/// comes sooner than the grid would have it, within `firstProbeWindow`, because until then a node
/// routes blindly. A check whose state is changing is probed again after its fast interval, and
/// returns to its grid afterwards. Never are two probes of one check under way at once, nor more
/// than `inFlightMax` in all: after a pause, when everything is overdue, those that waited longest
/// go first and the others follow as probes finish.
package struct CheckSchedule: Sendable {
    /// How soon after `add` and the initial delay the first probe of a check begins, if its
    /// interval is not shorter.
    package static let firstProbeWindow = Duration.seconds(2)

    /// How many items of removed checks the queue may hold, besides as many as there are checks.
    private static let staleItemsMax = 64

    private struct Entry {
        enum State {
            case waiting(until: Instant)
            case inFlight(since: Instant)
            /// Removed while its probe was under way; stays until that has finished.
            case abandoned(since: Instant)
        }

        let timing: CheckTiming
        let phase: Instant
        var state: State
        /// How much later than its turn the present or next probe is, for the jitter.
        var lateness = Duration.zero
    }

    private let inFlightMax: Int
    private var random: SeededRandom
    private var entries: [CheckKey: Entry] = [:]
    /// Every waiting entry, and items of entries that changed since, though never as the first.
    private var queue = DueQueue()
    private var inFlightCount = 0

    /// How many probes are under way at most unless said otherwise: so many backends that never
    /// answer, with the default timeout and interval, hold up the checks of no others until there
    /// are six times as many.
    package static let defaultInFlightMax = 1024

    package init(seed: UInt64, inFlightMax: Int = defaultInFlightMax) {
        precondition(inFlightMax >= 1)
        self.inFlightMax = inFlightMax
        random = SeededRandom(seed: seed)
    }

    /// When to call `startDue` next; nil if only a finished probe or a new check can change
    /// anything.
    package var nextDeadline: Instant? {
        inFlightCount < inFlightMax ? queue.first?.due : nil
    }

    /// Begins to schedule a check; without effect if it is scheduled already.
    ///
    /// A check that was removed and comes back while its old probe is still under way waits for
    /// that probe.
    package mutating func add(_ key: CheckKey, timing: CheckTiming, at now: Instant) {
        if let entry = entries[key] {
            guard case .abandoned(let start) = entry.state else { return }
            entries[key]?.state = .inFlight(since: start)
            return
        }
        let phase = now + timing.interval * random.unitInterval()
        let window = min(timing.interval, Self.firstProbeWindow)
        let due = now + timing.initialDelay + window * random.unitInterval()
        entries[key] = Entry(timing: timing, phase: phase, state: .waiting(until: due))
        queue.insert(DueQueue.Item(due: due, key: key))
    }

    /// Stops scheduling a check; without effect if it is not scheduled.
    package mutating func remove(_ key: CheckKey) {
        switch entries[key]?.state {
        case .waiting:
            entries[key] = nil
            dropStaleItems()
        case .inFlight(let start):
            entries[key]?.state = .abandoned(since: start)
        case .abandoned, nil:
            break
        }
    }

    /// The checks whose probes begin now, those first that are due longest. The caller owes a
    /// `finish` for each.
    package mutating func startDue(at now: Instant) -> [CheckKey] {
        var started: [CheckKey] = []
        while inFlightCount < inFlightMax, let item = queue.first, item.due <= now {
            queue.removeFirst()
            entries[item.key]?.state = .inFlight(since: now)
            inFlightCount += 1
            started.append(item.key)
            dropStaleItems()
        }
        return started
    }

    /// Ends the probe of a check and schedules the next one: soon if its state is changing
    /// (`CheckState.isChanging`). False if the check was removed meanwhile: its result is of no
    /// interest any more.
    package mutating func finish(_ key: CheckKey, at now: Instant, isChanging: Bool) -> Bool {
        guard var entry = entries[key] else { return false }
        switch entry.state {
        case .waiting:
            return false
        case .abandoned:
            entries[key] = nil
            inFlightCount -= 1
            return false
        case .inFlight(let start):
            let due = nextDue(&entry, startedAt: start, now: now, isChanging: isChanging)
            entry.state = .waiting(until: due)
            entries[key] = entry
            queue.insert(DueQueue.Item(due: due, key: key))
            inFlightCount -= 1
            return true
        }
    }

    /// The next turn of a check and, later than that by the jitter, when it is due.
    private mutating func nextDue(
        _ entry: inout Entry, startedAt start: Instant, now: Instant, isChanging: Bool
    ) -> Instant {
        let timing = entry.timing
        let last = start - entry.lateness
        var turn = Self.nextOnGrid(entry, after: last, now: now)
        var jitter = timing.jitter
        let soon = max(now, last + timing.fastInterval)
        if isChanging, soon < turn {
            turn = soon
            jitter = min(jitter, timing.fastInterval)
        }
        entry.lateness = jitter > .zero ? jitter * random.unitInterval() : .zero
        return turn + entry.lateness
    }

    /// The first point of the entry's grid that is not past and at least half an interval after
    /// the last start, so that a late probe is not followed at once by one that is on time.
    private static func nextOnGrid(_ entry: Entry, after last: Instant, now: Instant) -> Instant {
        let earliest = max(now, last + entry.timing.interval / 2)
        guard earliest > entry.phase else { return entry.phase }
        let interval = entry.timing.interval.nanoseconds
        let elapsed = (earliest - entry.phase).nanoseconds
        let periods = (elapsed - 1) / interval + 1
        return entry.phase + .nanoseconds(periods * interval)
    }

    private mutating func dropStaleItems() {
        while let item = queue.first, !isCurrent(item) { queue.removeFirst() }
        // Many removals leave many items behind; the bound keeps the queue in step with the checks.
        if queue.count > 2 * entries.count + Self.staleItemsMax {
            let current = entries
            queue.keepOnly { Self.isCurrent($0, in: current) }
        }
    }

    private func isCurrent(_ item: DueQueue.Item) -> Bool {
        Self.isCurrent(item, in: entries)
    }

    private static func isCurrent(_ item: DueQueue.Item, in entries: [CheckKey: Entry]) -> Bool {
        guard case .waiting(let due) = entries[item.key]?.state else { return false }
        return due == item.due
    }

    /// Traps if the parts of the schedule disagree. For tests: it looks at everything.
    func checkInvariants() {
        var underWay = 0
        for (key, entry) in entries {
            switch entry.state {
            case .waiting(let due):
                precondition(queue.contains(DueQueue.Item(due: due, key: key)))
            case .inFlight, .abandoned:
                underWay += 1
            }
        }
        precondition(inFlightCount == underWay && underWay <= inFlightMax)
        precondition(queue.first.map(isCurrent) ?? true)
        precondition(queue.count <= 2 * entries.count + Self.staleItemsMax)
    }
}

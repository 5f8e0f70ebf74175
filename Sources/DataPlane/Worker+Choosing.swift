import Balancing
import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// Choosing a backend.
extension Worker {
    /// What came of choosing.
    enum Choice {
        /// The slot of the backend that serves.
        case backend(UInt32)
        /// Every backend has all the connections that it may have.
        case noRoom
        /// The pool has no backend that takes traffic.
        case nobody
    }

    /// The backend that serves the exchange next.
    ///
    /// - Parameter failed: a backend to avoid while there is another, because it just failed.
    mutating func chooseBackend(for exchange: UInt32, avoiding failed: UInt32) -> Choice {
        let record = exchanges[exchange]
        let sticky = record.pointee.sticksTo
        if sticky != none, sticky != failed, takesSticky(sticky, of: record.pointee.pool),
            hasRoom(sticky)
        {
            return .backend(sticky)
        }
        let pool = table.pools + Int(record.pointee.pool)
        guard pool.pointee.candidates.count > 0 else { return .nobody }
        // Whoever comes later must not overtake those that wait.
        if pool.pointee.queue.count > 0, record.pointee.awaiting != .room { return .noRoom }
        let hash = record.pointee.hash
        // After a failure the algorithm chooses again, without the one that failed.
        guard
            let position = choosePosition(pool, hash: hash, avoiding: failed)
                ?? (failed == none ? nil : choosePosition(pool, hash: hash, avoiding: none))
        else { return pool.pointee.isLimited ? .noRoom : .nobody }
        let slot = pool.pointee.candidates[position]
        if slot != failed, hasRoom(slot) { return .backend(slot) }
        return nextWithRoom(pool.pointee.candidates, after: position, avoiding: failed)
            ?? (slot == failed && hasRoom(slot) ? .backend(slot) : .noRoom)
    }

    /// How many candidates are looked at in order for one that has room.
    private static let nextMax = 256

    /// The next candidate in order that has room; nil when none of the next has, but `failed`.
    private func nextWithRoom(
        _ candidates: UnsafeBufferPointer<UInt32>, after position: Int, avoiding failed: UInt32
    ) -> Choice? {
        var next = position
        for _ in 1..<max(min(candidates.count, Self.nextMax), 1) {
            next = next + 1 == candidates.count ? 0 : next + 1
            let slot = candidates[next]
            if slot != failed, hasRoom(slot) { return .backend(slot) }
        }
        return nil
    }

    /// Whether clients may stick to the backend, which is still one of the pool.
    func takesSticky(_ slot: UInt32, of pool: UInt32) -> Bool {
        table[slot].pointee.pool == pool
            && table[slot].pointee.record.standing.contains(.takesSticky)
    }

    /// Whether this node may open one more connection to the backend.
    func hasRoom(_ slot: UInt32) -> Bool {
        let limit = memory.connectionLimit(slot: Int(slot)).value
        return limit == 0 || memory.total(slot: Int(slot), .openConnections) < limit &- 1
    }

    /// The position among the pool's candidates that its algorithm chooses; nil when it finds none
    /// that has room.
    private mutating func choosePosition(
        _ pool: UnsafeMutablePointer<LivePool>, hash: UInt64, avoiding failed: UInt32
    ) -> Int? {
        let turns = pool.pointee.turns
        switch pool.pointee.algorithm {
        case .roundRobin where failed != none:
            // The next in turn would get all that the failed one cannot take.
            return accept(pool, pool.pointee.random.below(turns.count))
        case .roundRobin:
            guard let turn = pool.pointee.roundRobin.next(of: turns.count) else { return nil }
            return accept(pool, turn)
        case .random:
            return accept(pool, pool.pointee.random.below(turns.count))
        case .powerOfTwo:
            let candidates = pool.pointee.candidates
            return pool.pointee.powerOfTwo.next(in: turns.span) {
                load(candidates[$0], isChoosy: pool.pointee.isChoosy, avoiding: failed)
            }
        case .leastConnections:
            let candidates = pool.pointee.candidates
            return pool.pointee.leastConnections.next(of: candidates.count, places: turns.span) {
                load(candidates[$0], isChoosy: pool.pointee.isChoosy, avoiding: failed)
            }
        case .leastResponseTime: return quickest(pool, avoiding: failed)
        case .addressHash: return hashed(pool, pool.pointee.turns, hash, avoiding: failed)
        case .consistentHash where pool.pointee.balanceFactor > 0 && failed == none:
            return bounded(pool, hash)
        case .consistentHash: return hashed(pool, pool.pointee.hashTable, hash, avoiding: failed)
        }
    }

    /// The position at a turn, or at a random one when that backend is full or just came up.
    private func accept(_ pool: UnsafeMutablePointer<LivePool>, _ turn: Int) -> Int? {
        let (turns, candidates) = (pool.pointee.turns, pool.pointee.candidates)
        guard pool.pointee.isChoosy else { return Int(turns[turn]) }
        let place = Acceptance.place(turn, of: turns.count, random: &pool.pointee.random) {
            let slot = candidates[Int(turns[$0])]
            return hasRoom(slot) ? slowStartFactor(slot) : 0
        }
        return place.map { Int(turns[$0]) }
    }

    /// How often a hash is hashed again, because its backend failed or is full.
    private static let rehashesMax = 8

    /// The position that `places` has for the hash. Where that backend failed or is full, the hash
    /// is hashed again: so its keys spread over all others, and the same key goes to the same one.
    private func hashed(
        _ pool: UnsafeMutablePointer<LivePool>, _ places: UnsafeBufferPointer<UInt32>,
        _ hash: UInt64, avoiding failed: UInt32
    ) -> Int? {
        var hash = hash
        var position: Int?
        for _ in 0..<Self.rehashesMax {
            guard let place = HashChoice.place(of: hash, count: places.count) else { return nil }
            let next = Int(places[place])
            position = next
            let slot = pool.pointee.candidates[next]
            if slot != failed, !pool.pointee.isLimited || hasRoom(slot) { return next }
            hash = HashChoice.mix(hash, 1)
        }
        return position
    }

    /// The position of the hash or, while that backend is loaded beyond the bound, the next below
    /// it. The bound is on what this worker has open: all do alike, so it holds for the whole.
    private func bounded(_ pool: UnsafeMutablePointer<LivePool>, _ hash: UInt64) -> Int? {
        let (places, candidates) = (pool.pointee.hashTable, pool.pointee.candidates)
        let bound = BoundedLoad(
            factor: UInt32(pool.pointee.balanceFactor), weights: pool.pointee.weights)
        return bound.next(for: hash, in: places.span, total: pool.pointee.open) {
            let slot = candidates[$0]
            let weight = table[slot].pointee.record.weight
            return BackendLoad(
                connections: counter(slot, .openConnections).value,
                weight: hasRoom(slot) ? UInt32(weight) : 0)
        }
    }

    /// The position of the better of two by response time and requests in flight.
    private func quickest(
        _ pool: UnsafeMutablePointer<LivePool>, avoiding failed: UInt32
    ) -> Int? {
        let (turns, candidates) = (pool.pointee.turns, pool.pointee.candidates)
        return pool.pointee.leastResponseTime.next(in: turns.span) {
            let slot = candidates[$0]
            // The weight decides how often one is drawn, and not once more between two.
            let isChoosy = pool.pointee.isChoosy
            var load = load(slot, isChoosy: isChoosy, avoiding: failed)
            if load.weight > 0 {
                load.weight =
                    isChoosy ? SlowStart.weight(1, factor: slowStartFactor(slot)) : 1
            }
            return table[slot].pointee.responseTime.cost(now: now, load: load)
        }
    }

    /// Open connections of all workers and nodes, and the weight that counts now.
    private func load(_ slot: UInt32, isChoosy: Bool, avoiding failed: UInt32) -> BackendLoad {
        if slot == failed { return BackendLoad(connections: 0, weight: 0) }
        let local = memory.total(slot: Int(slot), .openConnections)
        let remote = RemoteLoad(rawValue: memory.remoteLoad(slot: Int(slot)).value)
        return BackendLoad(
            connections: remote.connections(local: local), weight: weight(slot, isChoosy: isChoosy))
    }

    /// The weight of a backend as choices by load compare it; 0 while it is full.
    private func weight(_ slot: UInt32, isChoosy: Bool) -> UInt32 {
        let weight = table[slot].pointee.record.weight
        guard isChoosy else { return UInt32(weight) }
        return hasRoom(slot) ? SlowStart.weight(weight, factor: slowStartFactor(slot)) : 0
    }

    private func slowStartFactor(_ slot: UInt32) -> Double {
        let since = table[slot].pointee.record.upSince
        guard since > 0 else { return 1 }
        return SlowStart.factor(
            since: Instant(nanoseconds: since), now: now,
            window: table.pools[Int(table[slot].pointee.pool)].slowStart)
    }
}

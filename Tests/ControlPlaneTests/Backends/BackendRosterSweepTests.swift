import Primitives
import Testing
import Wire

@testable import ConfigurationFile
@testable import ControlPlane

/// A roster against what is written down plainly: all that was said, looked through anew each time.
@Suite("Which backends a pool has: sweeps")
struct BackendRosterSweepTests {
    /// Everything that was said, and what follows from it by the plainest reading.
    private struct Model {
        struct Said {
            let backend: SharedBackend
            let deadline: Instant?
        }

        let pools: [String: [Configuration.Backend]]
        var found: [String: [Int: [Configuration.Backend]]] = [:]
        var told: [BackendKey: Said] = [:]

        func backends(of pool: String, among numbers: Range<Int>) -> Set<ManagedBackend> {
            Set(numbers.compactMap { backend(Pools.key($0, in: pool)) })
        }

        private func backend(_ key: BackendKey) -> ManagedBackend? {
            let said = told[key]?.backend
            if said?.isRemoved == true { return nil }
            var backend: ManagedBackend
            func has(_ list: [Configuration.Backend]?) -> Configuration.Backend? {
                list?.first { $0.address == key.address }
            }
            if let configured = has(pools[key.pool]) {
                backend = ManagedBackend(key, hash: key.hash, origin: .configured, configured)
            } else if let source = (0..<3).first(where: { has(found[key.pool]?[$0]) != nil }),
                let discovered = has(found[key.pool]?[source])
            {
                backend = ManagedBackend(key, hash: key.hash, origin: .discovered, discovered)
            } else if said?.isRegistered == true {
                let plain = Configuration.Backend(address: key.address)
                backend = ManagedBackend(key, hash: key.hash, origin: .registered, plain)
            } else {
                return nil
            }
            backend.weight = said?.weight ?? backend.weight
            backend.isBackup = said?.isBackup ?? backend.isBackup
            backend.maxConnections = said?.maxConnections ?? backend.maxConnections
            if let state = said?.state {
                backend.state = Configuration.Backend.State(state)
                #expect(SharedBackend.State(backend.state) == state)
            }
            return backend
        }

        mutating func expire(at now: Instant) -> Set<SharedBackend> {
            let over = told.filter { $0.value.deadline.map { $0 <= now } ?? false }
            for key in over.keys { told[key] = nil }
            return Set(over.values.map(\.backend))
        }
    }

    private static let names = ["api", "web"]
    private static let numbers = 1..<13

    private func backend(_ random: inout SeededRandom) -> Configuration.Backend {
        let states = Configuration.Backend.State.allCases
        return Pools.backend(
            Int.random(in: Self.numbers, using: &random),
            weight: Int.random(in: 0...2, using: &random),
            isBackup: Bool.random(using: &random),
            maxConnections: Bool.random(using: &random) ? 5 : nil,
            state: states.randomElement(using: &random) ?? .ready)
    }

    private func told(_ key: BackendKey, _ random: inout SeededRandom) -> SharedBackend {
        var told = SharedBackend(pool: key.pool, address: key.address)
        func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &random) ? value : nil }
        told.isRegistered = Bool.random(using: &random)
        told.isRemoved = Int.random(in: 0..<4, using: &random) == 0
        told.state = maybe(.drain)
        told.weight = maybe(2)
        told.isBackup = maybe(true)
        told.maxConnections = maybe(6)
        told.timeToLive = maybe(Int.random(in: 1...5, using: &random))
        return told
    }

    @Test("Backends and differences are as a plain reading has them", arguments: 0..<20)
    func sweep(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var configured: [String: [Configuration.Backend]] = [:]
        for name in Self.names {
            let numbers = Array(Self.numbers).shuffled(using: &random).prefix(4)
            configured[name] = numbers.map { Pools.backend($0, weight: 2) }
        }
        var model = Model(pools: configured)
        var roster = BackendRoster(
            pools: Self.names.map { Pools.pool($0, configured[$0] ?? [], sources: 3) })
        // What somebody knows who only follows the differences.
        var followed: [BackendKey: ManagedBackend] = [:]
        func follow(_ difference: BackendRoster.Difference) {
            for backend in difference.removed {
                #expect(followed.removeValue(forKey: backend.key) == backend)
            }
            for backend in difference.added {
                #expect(followed.updateValue(backend, forKey: backend.key) == nil)
            }
            for backend in difference.changed {
                let before = followed.updateValue(backend, forKey: backend.key)
                #expect(before != nil && before != backend)
            }
        }
        follow(roster.begin())
        var now = Instant.zero
        for _ in 0..<300 {
            let pool = Self.names.randomElement(using: &random) ?? "api"
            let key = Pools.key(Int.random(in: Self.numbers, using: &random), in: pool)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                let source = Int.random(in: 0..<3, using: &random)
                let found = (0..<Int.random(in: 0..<6, using: &random)).map { _ in
                    backend(&random)
                }
                model.found[pool, default: [:]][source] = found
                follow(roster.setDiscovered(found, pool: pool, source: source))
            case 2, 3:
                let said = told(key, &random)
                model.told[key] = Model.Said(
                    backend: said, deadline: said.timeToLive.map { now + .seconds($0) })
                follow(roster.setTold(said, of: key, at: now))
            case 4:
                model.told[key] = nil
                follow(roster.setTold(nil, of: key, at: now))
            default:
                now = now + .seconds(Int.random(in: 0...3, using: &random))
                let (difference, expired) = roster.expire(at: now)
                #expect(Set(expired) == model.expire(at: now))
                follow(difference)
            }
            for name in Self.names {
                let backends = roster.backends(of: name)
                #expect(Set(backends) == model.backends(of: name, among: Self.numbers))
                #expect(Set(backends.map(\.key)).count == backends.count)
            }
            #expect(Set(roster.everythingTold) == Set(model.told.values.map(\.backend)))
            #expect(Set(followed.values) == Set(roster.all))
        }
    }
}

import Primitives
import Wire

extension Samples {
    /// What the cluster may be told of a backend, with any parts of it left out.
    static func sharedBackend(_ random: inout SeededRandom) -> SharedBackend {
        let letters = Array("abcxyz-09 größer|/")
        let length = Int.random(in: 0...40, using: &random)
        let pool = String((0..<length).map { _ in letters.randomElement(using: &random) ?? "x" })
        var backend = SharedBackend(pool: pool, address: address(&random))
        func maybe(_ most: UInt64) -> Int? {
            Bool.random(using: &random) ? Int(number(&random, most: most)) : nil
        }
        let states: [SharedBackend.State?] = [nil, .ready, .drain, .maintenance]
        backend.isRegistered = Bool.random(using: &random)
        backend.isRemoved = Bool.random(using: &random)
        backend.state = states.randomElement(using: &random) ?? nil
        backend.weight = maybe(SharedBackend.weightMax)
        backend.isBackup = maybe(1).map { $0 == 1 }
        backend.maxConnections = maybe(SharedBackend.maxConnectionsMax)
        backend.timeToLive = maybe(SharedBackend.timeToLiveMax)
        backend.renewal = Bool.random(using: &random) ? number(&random) : 0
        return backend
    }

    /// Claims to so many backends, in any order.
    static func backendClaims(_ count: Int, _ random: inout SeededRandom) -> [BackendClaim] {
        func number() -> UInt32 { UInt32(self.number(&random, most: UInt64(UInt32.max))) }
        let backends = Set((0..<count).map { _ in random.next() })
        return backends.sorted().shuffled(using: &random).map { backend in
            BackendClaim(
                backend: backend, open: number(), limit: number(), wanted: number(),
                ticket: number())
        }
    }
}

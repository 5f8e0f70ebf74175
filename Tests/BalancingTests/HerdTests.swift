import Testing

/// Three nodes with gauges a second old. Numbers are means over the seeds.
@Suite("Nodes that choose among the same backends")
struct HerdTests {
    private static let seeds = UInt64(0)..<4

    /// The mean spread between two instants.
    private func spread(
        _ rule: Herd.Rule, from: Double, until: Double, _ make: (Herd.Rule, UInt64) -> Herd
    ) -> Double {
        var sum = 0.0
        var looks = 0.0
        for seed in Self.seeds {
            var herd = make(rule, seed)
            herd.run(until: from)
            herd.run(until: until) {
                sum += Double($0.spread)
                looks += 1
            }
        }
        return sum / looks
    }

    /// The backends are restarted one after the other while two nodes have long connections and
    /// hardly any new ones.
    private func rollingRestart(_ rule: Herd.Rule, _ seed: UInt64) -> Herd {
        var herd = Herd.uneven(rule, seed: seed)
        herd.isUp = { backend, now in
            let start = 40 + 5 * Double(backend)
            return !(start..<(start + 4)).contains(now)
        }
        return herd
    }

    private func steady(_ rule: Herd.Rule, _ seed: UInt64) -> Herd {
        Herd(
            rule, backends: 8, seed: seed,
            nodes: [({ _ in 200 }, 4), ({ _ in 50 }, 4), ({ _ in 20 }, 4)])
    }

    private func lossy(_ rule: Herd.Rule, _ seed: UInt64) -> Herd {
        var herd = steady(rule, seed)
        herd.loss = 0.2
        return herd
    }

    @Test("Uneven long connections: the spread is at most half of what nodes get that count alone")
    func uneven() {
        let alone = spread(.alone, from: 90, until: 110, rollingRestart)
        let together = spread(.interpreted, from: 90, until: 110, rollingRestart)
        #expect(alone > 20)
        #expect(together <= 0.5 * alone)
        #expect(together < 4)
    }

    @Test("When traffic falls off, the others fill the gaps")
    func evening() {
        func evening(_ rule: Herd.Rule, _ seed: UInt64) -> Herd {
            Herd(
                rule, backends: 8, seed: seed,
                nodes: [
                    ({ $0 < 40 ? 200 : 80 }, 4), ({ $0 < 40 ? 50 : 1 }, 4),
                    ({ $0 < 40 ? 20 : 0.5 }, 4),
                ])
        }
        let alone = spread(.alone, from: 45, until: 100, evening)
        #expect(spread(.interpreted, from: 45, until: 100, evening) <= 0.5 * alone)
    }

    @Test("Steady traffic spreads as well as on one node, and better than with gauges as they are")
    func steadyTraffic() {
        let together = spread(.interpreted, from: 40, until: 70, steady)
        #expect(together <= 1.15 * spread(.alone, from: 40, until: 70, steady))
        #expect(together <= 0.75 * spread(.literal, from: 40, until: 70, steady))
        #expect(together <= 0.4 * spread(.powerOfTwo, from: 40, until: 70, steady))
        #expect(spread(.interpreted, from: 40, until: 70, lossy) <= 1.15 * together)
    }

    /// A ninth backend is added.
    ///
    /// - Returns: how far above the mean it gets, as a part of the mean, and after how many seconds
    ///   it has nine tenths of the mean.
    private func fresh(
        _ rule: Herd.Rule, rates: [Double], usesActivity: Bool = true
    ) -> (overshoot: Double, settled: Double) {
        var overshoot = 0.0
        var settled = 0.0
        for seed in Self.seeds {
            var herd = Herd(
                rule, backends: 9, seed: seed, nodes: rates.map { rate in ({ _ in rate }, 4) })
            herd.usesActivity = usesActivity
            herd.isUp = { backend, now in backend != 8 || now >= 40 }
            herd.run(until: 40)
            var most = 0.0
            var below = 0.0
            herd.run(until: 55) { herd in
                let mean = Double(herd.totals.reduce(0, +)) / 9
                let part = Double(herd.totals[8]) / mean
                most = max(most, part - 1)
                if part < 0.9 { below += 0.1 }
            }
            overshoot += most
            settled += below
        }
        let runs = Double(Self.seeds.count)
        return (overshoot / runs, settled / runs)
    }

    @Test("A fresh backend is filled to its share and not flooded")
    func freshBackend() {
        #expect(fresh(.interpreted, rates: [40, 40, 40]).overshoot < 0.05)
        #expect(fresh(.literal, rates: [40, 40, 40]).overshoot > 0.2)
    }

    @Test("A node that has nearly all traffic does not take the others to do as much")
    func busyNode() {
        let rates = [120] + Array(repeating: 0.1, count: 9)
        #expect(fresh(.interpreted, rates: rates).settled < 3)
        #expect(fresh(.interpreted, rates: rates, usesActivity: false).settled > 6)
    }
}

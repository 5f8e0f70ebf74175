import DNSCodec
import Primitives
import Testing

@testable import ControlPlane

@Suite("The rounds of a DNS source")
struct DNSDiscoveryStateTests {
    private static let a = Lookup(name: "app.test.", type: .a)
    private static let aaaa = Lookup(name: "app.test.", type: .aaaa)
    private static let srv = Lookup(name: "_app._tcp.test.", type: .srv)

    private static func state(
        _ kind: DNSSource.Kind, seconds: ClosedRange<Int> = 1...300, hold: Duration = .seconds(30)
    ) -> DNSDiscoveryState {
        let name: String = if case .service = kind { srv.name } else { a.name }
        let limits: ClosedRange<Duration> =
            .seconds(seconds.lowerBound)
            ... .seconds(seconds.upperBound)
        return DNSDiscoveryState(
            source: DNSSource(name: name, kind: kind, timeToLive: limits, hold: hold), seed: 1)
    }

    private static func found(_ addresses: String..., seconds: Int = 10) -> LookupResult {
        .found(
            LookupAnswer(addresses: addresses.map(Sample.ip), timeToLive: .seconds(seconds)))
    }

    private static func time(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    /// A round with these results for the lookups in order, roots and targets.
    private static func round(
        _ state: inout DNSDiscoveryState, at seconds: Int, _ results: [Lookup: LookupResult]
    ) -> (update: DiscoveryUpdate, pause: Duration) {
        for lookup in state.rootLookups {
            state.absorb(lookup, results[lookup] ?? .failed("\(lookup)"), now: time(seconds))
        }
        for lookup in state.targetLookups {
            state.absorb(lookup, results[lookup] ?? .failed("\(lookup)"), now: time(seconds))
        }
        return state.finish(now: time(seconds))
    }

    @Test(
        "Answers are used for their time to live within the limits, and up to a tenth longer",
        arguments: [(0, 1), (1, 1), (10, 10), (299, 299), (301, 300), (86_400, 300)])
    func timeToLive(told: Int, used: Int) {
        for seed in 0..<100 as Range<UInt64> {
            var state = DNSDiscoveryState(
                source: DNSSource(name: "app.test.", kind: .ipv4(port: 80, weight: nil)),
                seed: seed)
            let pause = Self.round(&state, at: 0, [Self.a: Self.found("192.0.2.1", seconds: told)])
                .pause
            let seconds = Double(used)
            #expect((seconds...seconds * 1.1).contains(pause.inSeconds), "\(pause)")
        }
    }

    @Test("The same seed gives the same pauses, another one others")
    func repeatable() {
        func pause(seed: UInt64) -> Duration {
            var state = DNSDiscoveryState(
                source: DNSSource(name: "app.test.", kind: .ipv4(port: 80, weight: nil)),
                seed: seed)
            return Self.round(&state, at: 0, [Self.a: Self.found("192.0.2.1")]).pause
        }
        #expect(pause(seed: 1) == pause(seed: 1))
        #expect(Set((0..<10).map(pause)).count == 10)
    }

    @Test("A failure keeps the last known backends for ever, and backs off")
    func failure() {
        var state = Self.state(.ipv4(port: 80, weight: 5))
        let backends = Sample.backends("192.0.2.1:80", "192.0.2.2:80", weight: 5)
        let results = [Self.a: Self.found("192.0.2.2", "192.0.2.1")]
        #expect(Self.round(&state, at: 0, results).update.backends == backends)
        var pauses: [Double] = []
        for index in 1...50 {
            let (update, pause) = Self.round(&state, at: index * 10_000, [:])
            #expect(update.backends == backends)
            #expect(update.news.isEmpty == (index > 1))
            pauses.append(pause.inSeconds)
        }
        for (pause, backOff) in zip(pauses, [1.0, 2, 4, 8, 16, 30, 30, 30]) {
            #expect((backOff...backOff * 1.1).contains(pause), "\(pauses)")
        }
        #expect(pauses.allSatisfy { $0 <= 33 })
        let (update, pause) = Self.round(&state, at: 1_000_000, results)
        #expect(update.news == [.recovered] && pause >= .seconds(10))
        #expect(Self.round(&state, at: 1_000_010, [:]).pause < .seconds(1.2), "from the start")
    }

    @Test("That there is nothing is believed after the hold, whatever failed meanwhile")
    func hold() {
        var state = Self.state(.ipv4(port: 80, weight: nil))
        let backends = Sample.backends("192.0.2.1:80")
        let nothing = [Self.a: LookupResult.nothing("there is no name")]
        _ = Self.round(&state, at: 0, [Self.a: Self.found("192.0.2.1")])
        #expect(Self.round(&state, at: 100, nothing).update.backends == backends)
        #expect(Self.round(&state, at: 110, nothing).update.backends == backends)
        #expect(Self.round(&state, at: 200, [:]).update.backends == backends)
        let update = Self.round(&state, at: 201, nothing).update
        #expect(update.backends == [])
        #expect(
            update.news == [
                .changed(added: [], removed: backends), .failing("there is no name"),
            ])
        #expect(Self.round(&state, at: 202, nothing).update.news == [])
    }

    @Test("An answer within the hold ends it")
    func holdEnds() {
        var state = Self.state(.ipv4(port: 80, weight: nil))
        let nothing = [Self.a: LookupResult.nothing("there is no name")]
        let found = [Self.a: Self.found("192.0.2.1")]
        for (second, results) in [
            (0, found), (10, nothing), (20, found), (45, nothing), (60, found),
        ] {
            #expect(Self.round(&state, at: second, results).update.backends.count == 1)
        }
    }

    @Test("The end of the hold is waited for, and not slept through")
    func holdPause() {
        var state = Self.state(.ipv4(port: 80, weight: nil), seconds: 20...300)
        let nothing = [Self.a: LookupResult.nothing("there is no name")]
        _ = Self.round(&state, at: 0, [Self.a: Self.found("192.0.2.1")])
        _ = Self.round(&state, at: 100, nothing)
        #expect(Self.round(&state, at: 107, nothing).pause == .seconds(23))
        #expect(Self.round(&state, at: 125, nothing).pause == .seconds(20), "the least")
    }

    @Test("One kind of address is enough, and the other is not missed")
    func oneKind() {
        var state = Self.state(.anyAddress(port: 80, weight: nil))
        let (update, pause) = Self.round(
            &state, at: 0, [Self.a: Self.found("192.0.2.1"), Self.aaaa: .nothing("no AAAA")])
        #expect(update.backends == Sample.backends("192.0.2.1:80"))
        #expect(update.status.failure == nil && pause >= .seconds(10))
    }

    @Test("If only one kind can be looked up, the other stays as last known")
    func halfAFailure() {
        var state = Self.state(.anyAddress(port: 80, weight: nil))
        _ = Self.round(
            &state, at: 0, [Self.a: Self.found("192.0.2.1"), Self.aaaa: Self.found("2001:db8::1")])
        let (update, pause) = Self.round(
            &state, at: 10, [Self.a: Self.found("192.0.2.2"), Self.aaaa: .failed("no answer")])
        #expect(update.backends == Sample.backends("192.0.2.2:80", "[2001:db8::1]:80"))
        #expect(update.status.failure == "no answer" && pause < .seconds(2))
    }

    @Test("With neither kind there is nothing")
    func neitherKind() {
        var state = Self.state(.anyAddress(port: 80, weight: nil))
        let update = Self.round(
            &state, at: 0, [Self.a: .nothing("none"), Self.aaaa: .nothing("none either")]
        ).update
        #expect(update.backends == [] && update.status.failure == "none (and 1 more)")
        #expect(update.status.lastSuccess == nil)
    }

    // MARK: SRV

    private static func services(
        _ services: RecordData.Service..., targets: [String: [String]] = [:], seconds: Int = 10
    ) -> LookupResult {
        let known = targets.map { (Sample.name($0), $1.map(Sample.ip)) }
        return .found(
            LookupAnswer(
                services: services, targets: Dictionary(uniqueKeysWithValues: known),
                timeToLive: .seconds(seconds)))
    }

    @Test("Only what did not come along with the SRV records is looked up")
    func targets() {
        var state = Self.state(.service)
        #expect(state.rootLookups == [Self.srv] && state.targetLookups == [])
        let found = Self.services(
            Sample.service("b.test"), Sample.service("a.test"), Sample.service("a.test", port: 81),
            targets: ["a.test": ["192.0.2.1"], "b.test": []])
        state.absorb(Self.srv, found, now: .zero)
        #expect(
            state.targetLookups == [
                Lookup(name: "a.test.", type: .aaaa), Lookup(name: "b.test.", type: .a),
                Lookup(name: "b.test.", type: .aaaa),
            ])
    }

    @Test("A target that cannot be looked up keeps its addresses, also those that came along")
    func lostTarget() {
        var state = Self.state(.service)
        let aaaa = Lookup(name: "a.test.", type: .aaaa)
        let service = Sample.service("a.test")
        let backends = Self.round(
            &state, at: 0,
            [
                Self.srv: Self.services(service, targets: ["a.test": ["192.0.2.1"]]),
                aaaa: .nothing("no AAAA"),
            ]
        ).update.backends
        #expect(backends.map(\.address.description) == ["192.0.2.1:80"])
        for second in [10, 1_000] {
            // The records come alone, and then not at all.
            let results = second == 10 ? [Self.srv: Self.services(service)] : [:]
            let (update, pause) = Self.round(&state, at: second, results)
            #expect(update.backends == backends)
            #expect(update.status.failure != nil && pause < .seconds(3))
        }
    }

    @Test("A target that is no longer named is forgotten, at once")
    func formerTarget() {
        var state = Self.state(.service)
        let a = Lookup(name: "a.test.", type: .a)
        let b = Lookup(name: "b.test.", type: .a)
        let results = [
            Self.srv: Self.services(Sample.service("a.test"), Sample.service("b.test")),
            a: Self.found("192.0.2.1"), b: Self.found("192.0.2.2"),
            Lookup(name: "a.test.", type: .aaaa): .nothing(""),
            Lookup(name: "b.test.", type: .aaaa): .nothing(""),
        ]
        #expect(Self.round(&state, at: 0, results).update.backends.count == 2)
        let fewer = results.merging([Self.srv: Self.services(Sample.service("b.test"))]) { $1 }
        let (update, pause) = Self.round(&state, at: 10, fewer)
        #expect(update.backends.map(\.address.description) == ["192.0.2.2:80"])
        #expect(update.status.failure == nil && pause >= .seconds(10))
        // It comes back with nothing known of it.
        let lost = Self.round(&state, at: 20, [Self.srv: results[Self.srv] ?? .failed("")]).update
        #expect(lost.backends.map(\.address.description) == ["192.0.2.2:80"])
    }

    @Test("The shortest time to live of all answers counts")
    func shortest() {
        var state = Self.state(.service)
        let pause = Self.round(
            &state, at: 0,
            [
                Self.srv: Self.services(Sample.service("a.test"), seconds: 100),
                Lookup(name: "a.test.", type: .a): Self.found("192.0.2.1", seconds: 7),
                Lookup(name: "a.test.", type: .aaaa): .nothing(""),
            ]
        ).pause
        #expect((7...7.7).contains(pause.inSeconds))
    }

    @Test("There is an end to the targets of one service")
    func manyTargets() {
        var state = Self.state(.service)
        let services = (0..<1_500).map { Sample.service("t\($0).test") }
        state.absorb(
            Self.srv, .found(LookupAnswer(services: services, timeToLive: .seconds(1))), now: .zero)
        #expect(state.targetLookups.count == 2 * DNSDiscoveryState.targetsMax)
        for lookup in state.targetLookups { state.absorb(lookup, .nothing("none"), now: .zero) }
        #expect(state.finish(now: .zero).update.status.failure?.hasPrefix("none") == true)
    }
}

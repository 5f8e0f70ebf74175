import DNSCodec
import Foundation
import Primitives
import Synchronization
import Testing

@testable import ControlPlane

/// The resolver against servers that do what no good server does.
@Suite("The resolver")
struct ResolverTests {
    private typealias Reaction = FakeNameServer.Reaction

    private static let quick = Duration.milliseconds(500)

    private static func resolver(_ servers: FakeNameServer..., timeout: Duration = quick)
        -> Resolver
    {
        var settings = ResolverSettings(servers: servers.map(\.address))
        settings.timeout = timeout
        return Resolver(settings: settings, group: testGroup)
    }

    private static func addresses(_ resolution: Resolution) -> [String] {
        resolution.records.compactMap {
            if case .address(let ip) = $0.data { ip.description } else { nil }
        }
    }

    private static func good(_ asked: FakeNameServer.Asked) -> Reaction {
        .answer(asked.query.answered("192.0.2.1"))
    }

    @Test("A question has an id and a port that nobody can guess")
    func unpredictable() async throws {
        try await FakeNameServer.serving(Self.good) { server in
            let resolver = Self.resolver(server, timeout: .seconds(5))
            for _ in 0..<40 {
                let found = try await resolver.resolve("app.test", .a)
                #expect(Self.addresses(found) == ["192.0.2.1"] && found.timeToLive == 30)
            }
            let asked = server.asked
            #expect(asked.count == 40)
            #expect(Set(asked.map(\.query.header.id)).count >= 38)
            let ports = asked.map(\.port)
            #expect(Set(ports).count >= 30)
            let steps = zip(ports, ports.dropFirst()).map { abs($0 - $1) }
            #expect(steps.count { $0 <= 2 } < 10, "no counting up: \(ports)")
            #expect(asked.allSatisfy { $0.query.extension == Message.Extension() })
            #expect(asked.allSatisfy { $0.query.header.recursionDesired })
        }
    }

    @Test("What is no answer, or from somewhere else, is passed over")
    func foreign() async throws {
        try await FakeNameServer.serving({ asked in
            let wrong = asked.query.answered("203.0.113.66")
            var otherID = wrong
            otherID.header.id &+= 1
            var otherName = wrong
            otherName.questions[0].name = Sample.name("other.test")
            return Reaction(
                bytes: [
                    [], [0], otherID.encoded(), otherName.encoded(), asked.query.encoded(),
                    [UInt8](repeating: 0xC0, count: 3_000),
                    asked.query.answered("192.0.2.1").encoded(),
                ],
                strays: [wrong.encoded(), wrong.encoded()])
        }) { server in
            let found = try await Self.resolver(server, timeout: .seconds(5))
                .resolve("app.test", .a)
            #expect(Self.addresses(found) == ["192.0.2.1"])
            #expect(server.asked.count == 1)
        }
    }

    @Test("An answer from another address alone is none")
    func stray() async throws {
        try await FakeNameServer.serving({ asked in
            Reaction(strays: [asked.query.answered("203.0.113.66").encoded()])
        }) { server in
            let question = Question(name: Sample.name("app.test"), type: .a)
            await #expect(
                throws: ResolutionFailure.serversFailed(
                    question, [server.address: .silent(Self.quick)])
            ) { try await Self.resolver(server).resolve("app.test", .a) }
            #expect(server.asked.count == 2, "two attempts")
        }
    }

    @Test("A flood ends the question, and the next server is asked")
    func flood() async throws {
        try await FakeNameServer.serving({ asked in
            var wrong = asked.query.answered("203.0.113.66")
            return Reaction(
                bytes: (1...150 as ClosedRange<UInt16>).map { number in
                    wrong.header.id = asked.query.header.id &+ number
                    return wrong.encoded()
                })
        }) { flooding in
            try await FakeNameServer.serving(Self.good) { good in
                let resolver = Self.resolver(flooding, good, timeout: .seconds(5))
                let (found, time) = try await timed { try await resolver.resolve("app.test", .a) }
                #expect(Self.addresses(found) == ["192.0.2.1"] && time < .seconds(4))
                #expect(good.asked.count == 1)
            }
        }
    }

    @Test(
        "A server without a usable answer is passed over at once",
        arguments: [
            "malformed", "loop", "server failure", "refused", "referral", "circle", "nobody there",
        ])
    func useless(kind: String) async throws {
        try await FakeNameServer.serving({ asked in
            let query = asked.query
            switch kind {
            case "malformed": return Reaction(bytes: [query.answered("192.0.2.9").encoded() + [0]])
            case "loop":
                // The name of the only record is a pointer to itself.
                var bytes = query.answered([]).encoded()
                bytes[7] = 1
                let place = bytes.count - 11
                let pointer = [0xC0 | UInt8(place >> 8), UInt8(place & 0xFF)]
                bytes.replaceSubrange(place..., with: pointer + [0, 1, 0, 1, 0, 0, 0, 1, 0, 0])
                return Reaction(bytes: [bytes])
            case "server failure": return .answer(query.answered([], code: .serverFailure))
            case "refused": return .answer(query.answered([], code: .refused))
            case "referral": return .answer(query.response())
            default:
                let name = query.questions[0].name
                return .answer(
                    query.answered([Record(name: name, timeToLive: 1, data: .alias(name))]))
            }
        }) { bad in
            try await FakeNameServer.serving(Self.good) { good in
                var settings = ResolverSettings(servers: [bad.address, good.address])
                if kind == "nobody there" {
                    settings.servers[0].port = try LoopbackHost.freePort(
                        of: bad.address.ip.description)
                }
                settings.timeout = .seconds(10)
                let resolver = Resolver(settings: settings, group: testGroup)
                let (found, time) = try await timed { try await resolver.resolve("app.test", .a) }
                #expect(Self.addresses(found) == ["192.0.2.1"])
                #expect(time < .seconds(8), "no timeout")
                #expect(bad.asked.count == (kind == "nobody there" ? 0 : 1))
            }
        }
    }

    @Test("If all fail, each is named with its reason")
    func allFail() async throws {
        try await FakeNameServer.serving({ _ in .silence }) { silent in
            try await FakeNameServer.serving({
                .answer($0.query.answered([], code: .serverFailure))
            }) { failing in
                let question = Question(name: Sample.name("app.test"), type: .aaaa)
                let failure = await #expect(throws: ResolutionFailure.self) {
                    try await Self.resolver(silent, failing).resolve("app.test", .aaaa)
                }
                #expect(
                    failure
                        == .serversFailed(
                            question,
                            [
                                silent.address: .silent(Self.quick),
                                failing.address: .refused(.serverFailure),
                            ]))
                let text = try #require(failure).description
                #expect(text.hasPrefix("app.test AAAA: "))
                #expect(text.contains("\(failing.address): answered SERVFAIL"))
                #expect(text.contains("\(silent.address): no answer within 0.5 seconds"))
                #expect(silent.asked.count == 2 && failing.asked.count == 2)
            }
        }
    }

    @Test("A server that kept us waiting is asked last from then on")
    func order() async throws {
        try await FakeNameServer.serving({ _ in .silence }) { silent in
            try await FakeNameServer.serving(Self.good) { good in
                let resolver = Self.resolver(silent, good)
                for _ in 0..<5 { _ = try await resolver.resolve("app.test", .a) }
                #expect(silent.asked.count == 1 && good.asked.count == 5)
            }
        }
    }

    @Test("A server that knows no extensions is asked without")
    func noExtensions() async throws {
        try await FakeNameServer.serving({ asked in
            guard asked.query.extension == nil else {
                var answer = asked.query.response(.formatError)
                answer.questions = []
                answer.extension = nil
                return .answer(answer)
            }
            return Self.good(asked)
        }) { server in
            let found = try await Self.resolver(server).resolve("app.test", .a)
            #expect(Self.addresses(found) == ["192.0.2.1"])
            #expect(server.asked.map { $0.query.extension == nil } == [false, true])
        }
    }

    // MARK: Streams

    private static func truncated(_ query: Message) -> Reaction {
        var message = query.answered([])
        message.header.isTruncated = true
        return .answer(message)
    }

    @Test("What does not fit a datagram comes over TCP, in whatever pieces")
    func stream() async throws {
        try await FakeNameServer.serving({ asked in
            guard asked.transport == .stream else { return Self.truncated(asked.query) }
            let records = (0..<3_000).map { number in
                Record(
                    name: asked.question.name, timeToLive: 9,
                    data: .address(IPAddress(ipv4: UInt32(0xC000_0000 + number))))
            }
            let whole = Reaction.framed(asked.query.answered(records)).bytes[0]
            return Reaction(
                bytes: [
                    Array(whole[..<1]), Array(whole[1..<3]), Array(whole[3..<40_000]),
                    Array(whole[40_000...]),
                ])
        }) { server in
            let found = try await Self.resolver(server, timeout: .seconds(10))
                .resolve("many.test", .a)
            #expect(found.records.count == 3_000 && found.timeToLive == 9)
            #expect(server.asked.map(\.transport) == [.datagram, .stream])
        }
    }

    @Test(
        "A stream without a usable answer is a fault of its server",
        arguments: [
            ("closed", ServerFault.closed), ("other id", .malformed(nil)),
            ("truncated", .malformed(.truncated)), ("trailing", .malformed(.trailingBytes)),
            ("half", .silent(.milliseconds(500))), ("length only", .silent(.milliseconds(500))),
            ("half and closed", .closed),
        ])
    func badStream(kind: String, fault: ServerFault) async throws {
        try await FakeNameServer.serving({ asked in
            guard asked.transport == .stream else { return Self.truncated(asked.query) }
            let good = asked.query.answered("192.0.2.1")
            switch kind {
            case "closed": return Reaction(closes: true)
            case "other id":
                var wrong = good
                wrong.header.id &+= 1
                return .framed(wrong)
            case "truncated":
                var wrong = good
                wrong.header.isTruncated = true
                return .framed(wrong)
            case "trailing":
                let bytes = good.encoded() + [0]
                return Reaction(bytes: [[0, UInt8(bytes.count)] + bytes])
            case "length only": return Reaction(bytes: [[0xFF, 0xFF]])
            default:
                return Reaction(
                    bytes: [Array(Reaction.framed(good).bytes[0].dropLast())],
                    closes: kind == "half and closed")
            }
        }) { server in
            let failure = await #expect(throws: ResolutionFailure.self) {
                try await Self.resolver(server).resolve("app.test", .a)
            }
            guard case .serversFailed(_, let faults) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(faults == [server.address: fault])
        }
    }

    // MARK: Names

    @Test("Aliases are followed from answer to answer")
    func aliases() async throws {
        try await FakeNameServer.serving({ asked in
            let next = ["a.test": "b.test", "b.test": "c.test"][asked.name]
            guard let next else { return Self.good(asked) }
            let record = Record(
                name: asked.question.name, timeToLive: next == "c.test" ? 3 : 60,
                data: .alias(Sample.name(next)))
            return .answer(asked.query.answered([record]))
        }) { server in
            let found = try await Self.resolver(server).resolve("a.test", .a)
            #expect(found.name == Sample.name("c.test") && found.timeToLive == 3)
            #expect(server.asked.map(\.name) == ["a.test", "b.test", "c.test"])
        }
    }

    @Test("Aliases that never end are given up")
    func endlessAliases() async throws {
        try await FakeNameServer.serving({ asked in
            let next = Sample.name("x").appending(asked.question.name) ?? .root
            let record = Record(name: asked.question.name, timeToLive: 1, data: .alias(next))
            return .answer(asked.query.answered([record]))
        }) { server in
            let question = Question(name: Sample.name("a.test"), type: .a)
            await #expect(throws: ResolutionFailure.aliasesWithoutEnd(question)) {
                try await Self.resolver(server).resolve("a.test", .a)
            }
            #expect(server.asked.count == 17)
        }
    }

    @Test("The search list is tried in its order, and no further than a failing server")
    func search() async throws {
        try await FakeNameServer.serving({ asked in
            switch asked.name {
            case "app.c.test": Self.good(asked)
            case "app.b.test": .answer(asked.query.answered([]))
            case "broken.b.test": .answer(asked.query.answered([], code: .serverFailure))
            default: .answer(asked.query.answered([], code: .noSuchName))
            }
        }) { server in
            var settings = ResolverSettings(
                parsing: "search a.test b.test c.test\noptions ndots:1 attempts:1")
            settings.servers = [server.address]
            let resolver = Resolver(settings: settings, group: testGroup)
            let found = try await resolver.resolve("app", .a)
            #expect(found.name == Sample.name("app.c.test"))
            #expect(server.asked.map(\.name) == ["app.a.test", "app.b.test", "app.c.test"])

            let missing = Sample.name("gone.a.test")
            await #expect(throws: ResolutionFailure.noSuchName(missing, timeToLive: nil)) {
                try await resolver.resolve("gone", .a)
            }
            await #expect(throws: ResolutionFailure.self) {
                try await resolver.resolve("broken", .a)
            }
            #expect(server.asked.suffix(2).map(\.name) == ["broken.a.test", "broken.b.test"])
            await #expect(throws: ResolutionFailure.invalidName("a..b")) {
                try await resolver.resolve("a..b", .a)
            }
        }
    }

    @Test("resolv.conf is read again when it has changed, and a missing one changes nothing")
    func file() async throws {
        try await FakeNameServer.serving(Self.good) { server in
            try await withFolder { folder in
                let path = "\(folder)/resolv.conf"
                // Port 53 is where resolv.conf has all servers, so only the search list can change.
                try write("search one.test\noptions timeout:1 attempts:1", to: path)
                let resolver = Resolver(file: path, group: testGroup)
                #expect(await resolver.currentSettings().search == [Sample.name("one.test")])
                try write("search two.test three.test\noptions timeout:1", to: path)
                #expect(await resolver.currentSettings().search.count == 2)
                try FileManager.default.removeItem(atPath: path)
                #expect(await resolver.currentSettings().search.count == 2)
                try write("search four.test", to: path)
                #expect(await resolver.currentSettings().search == [Sample.name("four.test")])
            }
        }
    }

    @Test("A cancelled task does not wait for an answer")
    func cancellation() async throws {
        try await FakeNameServer.serving({ _ in .silence }) { server in
            let resolver = Self.resolver(server, timeout: .seconds(30))
            let task = Task { try await resolver.resolve("app.test", .a) }
            try await until("the question comes") { !server.asked.isEmpty }
            let (result, time) = await timed {
                task.cancel()
                return await task.result
            }
            #expect(throws: ResolutionFailure.cancelled) { try result.get() }
            #expect(time < .seconds(10))
        }
    }
}

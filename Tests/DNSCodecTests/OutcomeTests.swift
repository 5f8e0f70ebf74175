import DNSCodec
import Testing

@Suite("What a response says")
struct OutcomeTests {
    private static let question = Question(name: Samples.name("www.example.com"), type: .a)
    private static let start = Record(
        name: Samples.name("example.com"), timeToLive: 300, data: Samples.authority)

    private static func outcome(
        _ answers: [Record], code: ResponseCode = .noError, authorities: [Record] = []
    ) -> Message.Outcome {
        Samples.response(to: question, code: code, answers, authorities: authorities)
            .outcome(for: question)
    }

    @Test("The records that were asked for, each once, with the shortest time to live")
    func records() {
        let one = Samples.address("www.example.com", "192.0.2.1", seconds: 60)
        let two = Samples.address("WWW.example.com", "192.0.2.2", seconds: 20)
        let others = [
            Samples.address("www.example.com", "2001:db8::1", seconds: 1),
            Samples.address("other.example.com", "192.0.2.3", seconds: 1),
        ]
        #expect(
            Self.outcome([one, two, one] + others)
                == .records([one, two], name: Self.question.name, timeToLive: 20))
    }

    @Test("Aliases are followed in whatever order they come")
    func aliases() {
        let address = Samples.address("c.example.com", "192.0.2.1", seconds: 60)
        let chain = [
            Samples.alias("b.example.com", "C.example.com", seconds: 5),
            Samples.alias("www.example.com", "b.example.com", seconds: 50),
        ]
        #expect(
            Self.outcome(chain + [address])
                == .records([address], name: Samples.name("c.example.com"), timeToLive: 5))
        #expect(
            Self.outcome(chain) == .alias(Samples.name("c.example.com"), timeToLive: 5))
    }

    @Test("Aliases in a circle, and too many, are no answer")
    func aliasLoop() {
        #expect(
            Self.outcome([
                Samples.alias("www.example.com", "b.example.com"),
                Samples.alias("b.example.com", "www.example.com"),
                Samples.address("www.example.com", "192.0.2.1"),
            ]) == .aliasLoop)
        func chain(_ count: Int) -> [Record] {
            let names = ["www.example.com"] + (1...count).map { "n\($0).example.com" }
            return zip(names, names.dropFirst()).map { Samples.alias($0, $1) }
        }
        #expect(Self.outcome(chain(17)) == .aliasLoop)
        #expect(
            Self.outcome(chain(16)) == .alias(Samples.name("n16.example.com"), timeToLive: 30))
    }

    @Test("That there is nothing may be kept as long as RFC 2308 allows")
    func negative() {
        #expect(Self.outcome([], authorities: [Self.start]) == .noRecords(timeToLive: 60))
        #expect(
            Self.outcome([], code: .noSuchName, authorities: [Self.start])
                == .noSuchName(timeToLive: 60))
        var short = Self.start
        short.timeToLive = 7
        #expect(Self.outcome([], authorities: [short]) == .noRecords(timeToLive: 7))
        #expect(Self.outcome([]) == .noRecords(timeToLive: nil))
        #expect(Self.outcome([], code: .noSuchName) == .noSuchName(timeToLive: nil))
        let dangling = Samples.alias("www.example.com", "gone.example.com", seconds: 4)
        #expect(
            Self.outcome([dangling], authorities: [Self.start]) == .noRecords(timeToLive: 4))
        #expect(
            Self.outcome([dangling], code: .noSuchName, authorities: [Self.start])
                == .noSuchName(timeToLive: 60))
    }

    @Test("A server that fails, refuses or sends elsewhere has not answered")
    func failures() {
        for code in [ResponseCode.serverFailure, .refused, .formatError, .notImplemented] {
            #expect(Self.outcome([], code: code) == .refused(code))
        }
        var referral = Samples.response(to: Self.question, [])
        referral.header.recursionAvailable = false
        #expect(referral.outcome(for: Self.question) == .referral)
        referral.header.isAuthoritative = true
        #expect(referral.outcome(for: Self.question) == .noRecords(timeToLive: nil))
    }
}

import DNSCodec
import Testing

@testable import ControlPlane

@Suite("Whose answer it is")
struct AnswerFilterTests {
    private static let query = Message.query(
        id: 77, Question(name: Sample.name("a.example"), type: .a))
    private static let answer = query.answered("192.0.2.1")

    private static func changed(_ change: (inout Message) -> Void) -> [UInt8] {
        var message = answer
        change(&message)
        return message.encoded()
    }

    @Test("An answer has the id and the question, whatever the case of its letters")
    func answer() {
        #expect(AnswerFilter(Self.answer.encoded(), for: Self.query) == .answer(Self.answer))
        let bytes = Self.changed { $0.questions[0].name = Sample.name("A.EXAMPLE") }
        guard case .answer = AnswerFilter(bytes, for: Self.query) else {
            Issue.record("refused")
            return
        }
    }

    @Test("Whatever else comes is foreign")
    func foreign() {
        let cases: [(String, [UInt8])] = [
            ("another id", Self.changed { $0.header.id = 78 }),
            ("a query", Self.query.encoded()),
            ("another opcode", Self.changed { $0.header.opcode = Opcode(rawValue: 4) }),
            ("another name", Self.changed { $0.questions[0].name = Sample.name("b.example") }),
            ("another type", Self.changed { $0.questions[0].type = .aaaa }),
            ("no question", Self.changed { $0.questions = [] }),
            ("two questions", Self.changed { $0.questions += $0.questions }),
            ("nothing", []),
            ("half of it", Array(Self.answer.encoded().prefix(11))),
            ("noise", [UInt8](repeating: 0xFF, count: 512)),
        ]
        for (what, bytes) in cases {
            #expect(AnswerFilter(bytes, for: Self.query) == .foreign, "\(what)")
        }
    }

    @Test("A server that did not understand may leave the question out")
    func notUnderstood() {
        let bytes = Self.changed {
            $0.questions = []
            $0.answers = []
            $0.header.responseCode = .formatError
        }
        guard case .answer(let message) = AnswerFilter(bytes, for: Self.query) else {
            Issue.record("refused")
            return
        }
        #expect(message.header.responseCode == .formatError)
    }

    @Test("An answer that is cut off is known for one wherever it ends")
    func truncated() {
        let bytes = Self.changed { $0.header.isTruncated = true }
        #expect(AnswerFilter(bytes, for: Self.query) == .truncated)
        #expect(AnswerFilter(Array(bytes.dropLast(20)), for: Self.query) == .truncated)
    }

    @Test("An answer that cannot be read says why")
    func malformed() {
        let bytes = Self.answer.encoded() + [0]
        #expect(AnswerFilter(bytes, for: Self.query) == .malformed(.trailingBytes))
    }
}

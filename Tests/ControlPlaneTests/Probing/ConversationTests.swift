import Health
import Primitives
import Testing

@testable import ControlPlane

/// The judgement on what comes, without a connection.
@Suite("Conversations")
struct ConversationTests {
    /// Feeds the answer whole and byte by byte, which must come to the same.
    private static func judge(
        _ conversation: some ByteConversation, _ answer: [UInt8], isWhole: Bool = true
    ) -> Judgement? {
        var atOnce = conversation
        let judgement = atOnce.judge(answer, isWhole: isWhole)
        var inPieces = conversation
        var stepwise: Judgement?
        for count in 0...answer.count where stepwise == nil {
            stepwise = inPieces.judge(
                Array(answer.prefix(count)), isWhole: isWhole && count == answer.count)
        }
        #expect(stepwise == judgement)
        return judgement
    }

    private static func redis(_ answer: String, isWhole: Bool = false) throws -> Judgement? {
        judge(
            try RedisConversation(Probe.RedisPing()), Array(answer.utf8), isWhole: isWhole)
    }

    @Test("Redis: a pong, an error, something else, or nothing of the kind")
    func redis() throws {
        #expect(try Self.redis("+PONG\r\n") == .success())
        #expect(try Self.redis("+PONG\r") == nil)
        #expect(try Self.redis("+PONG", isWhole: true) == .failure(.malformed))
        #expect(
            try Self.redis("-LOADING Redis is loading the dataset in memory\r\n")
                == .failure(.serverError("LOADING Redis is loading the dataset in memory")))
        #expect(try Self.redis("$4\r\nPONG\r\n") == .failure(.unexpectedAnswer))
        #expect(try Self.redis("HTTP/1.1 400\r\n") == .failure(.malformed))
        #expect(try Self.redis(String(repeating: "+", count: 2_000)) == .failure(.malformed))
    }

    private static func message(_ kind: Character, _ body: [UInt8]) -> [UInt8] {
        let length = UInt32(body.count + 4)
        return Array("\(kind)".utf8) + [24, 16, 8, 0].map { UInt8(length >> $0 & 0xFF) } + body
    }

    private static func error(_ code: String, _ text: String) -> [UInt8] {
        message("E", Array("SFATAL\0C\(code)\0M\(text)\0\0".utf8))
    }

    private static func postgreSQL(_ answer: [UInt8], isWhole: Bool = false) -> Judgement? {
        judge(PostgreSQLConversation(Probe.PostgreSQLStartup()), answer, isWhole: isWhole)
    }

    @Test(
        "PostgreSQL: the class of an error says whether the server takes connections",
        arguments: [
            ("53300", true), ("57P03", true), ("57P01", true), ("58030", true), ("XX000", true),
            ("28000", false), ("28P01", false), ("3D000", false), ("0A000", false),
        ])
    func errorClasses(code: String, isDown: Bool) {
        let judgement = Self.postgreSQL(Self.error(code, "why"))
        #expect(judgement == (isDown ? .failure(.serverError("why")) : .success()))
    }

    @Test("PostgreSQL: after trust, only what follows decides")
    func afterTrust() {
        let ok = Self.message("R", [0, 0, 0, 0])
        let parameter = Self.message("S", Array("a\0b\0".utf8))
        #expect(Self.postgreSQL(ok) == nil)
        #expect(Self.postgreSQL(ok, isWhole: true) == .failure(.malformed))
        #expect(
            Self.postgreSQL(ok + parameter) == .success(farewell: [UInt8(ascii: "X"), 0, 0, 0, 4]))
        #expect(
            Self.postgreSQL(ok + Self.error("53300", "full")) == .failure(.serverError("full")))
        #expect(Self.postgreSQL(parameter) == .failure(.malformed))
        // A password is asked for: nobody is turned away.
        #expect(Self.postgreSQL(Self.message("R", [0, 0, 0, 10, 1])) == .success())
        let notice = Self.message("N", Array("SNOTICE\0\0".utf8))
        #expect(Self.postgreSQL(notice + Self.message("R", [0, 0, 0, 5])) == .success())
    }

    @Test("PostgreSQL: what is no message is malformed, and plain words are words")
    func noMessages() {
        #expect(
            Self.postgreSQL(Array("Ecould not fork new process\n\0".utf8), isWhole: true)
                == .failure(.serverError("could not fork new process")))
        #expect(Self.postgreSQL(Array("HTTP/1.1 400 Bad\r\n".utf8)) == .failure(.malformed))
        #expect(Self.postgreSQL([82, 0, 0, 0, 3]) == .failure(.malformed))
        #expect(Self.postgreSQL([82, 0xFF, 0xFF, 0xFF, 0xFF]) == .failure(.malformed))
        #expect(Self.postgreSQL([82, 0, 0]) == nil)
        #expect(Self.postgreSQL(Self.message("E", [])) == .failure(.malformed))
    }

    @Test("PostgreSQL: the startup message is as the protocol has it")
    func startup() {
        let opening = PostgreSQLConversation(
            Probe.PostgreSQLStartup(user: "u", database: "d")
        ).opening
        let body = "user\0u\0database\0d\0application_name\0skein-check\0\0"
        #expect(opening == [0, 0, 0, UInt8(body.utf8.count + 8), 0, 3, 0, 0] + Array(body.utf8))
    }

    @Test("TCP: a match may begin anywhere, also in a false start")
    func search() {
        func judge(_ expect: String, _ answer: String) -> Judgement? {
            Self.judge(
                TCPConversation(Probe.TCPExchange(expect: Array(expect.utf8))),
                Array(answer.utf8))
        }
        #expect(judge("aab", "aaab") == .success())
        #expect(judge("aab", "aaaaaaaab") == .success())
        #expect(judge("aab", "aaaa") == .failure(.unexpectedAnswer))
        #expect(judge("b", "b") == .success())
        #expect(judge("ab", "ba") == .failure(.unexpectedAnswer))
    }

    @Test("gRPC: a request says its service, and an answer its status")
    func health() {
        #expect(HealthMessages.request(service: "") == [0, 0, 0, 0, 0])
        #expect(HealthMessages.request(service: "ab") == [0, 0, 0, 0, 4, 10, 2, 97, 98])
        let long = HealthMessages.request(service: String(repeating: "a", count: 300))
        #expect(long.prefix(8) == [0, 0, 0, 1, 47, 10, 0xAC, 2])
        func status(_ message: [UInt8]) -> FailureReason.ServingStatus? {
            HealthMessages.servingStatus(in: [0, 0, 0, 0, UInt8(message.count)] + message)
        }
        #expect(status([8, 1]) == .serving)
        #expect(status([8, 2]) == .notServing)
        #expect(status([8, 3]) == .serviceUnknown)
        #expect(status([]) == .unknown)
        #expect(status([8, 0x80, 1]) == .unknown)
        // The last one of several counts, and fields of later versions are skipped.
        #expect(status([8, 2, 8, 1]) == .serving)
        #expect(status([18, 3, 8, 2, 8, 8, 1, 29, 0, 0, 0, 0, 32, 0x81, 1]) == .serving)
        #expect(status([8]) == nil)
        #expect(status([18, 200, 1]) == nil)
        #expect(status([0x0B]) == nil)
        #expect(HealthMessages.servingStatus(in: [1, 0, 0, 0, 2, 8, 1]) == nil)
        #expect(HealthMessages.servingStatus(in: [0, 0, 0, 0, 3, 8, 1]) == nil)
        #expect(HealthMessages.servingStatus(in: []) == nil)
    }

    @Test("Nothing that a stranger sends traps", arguments: UInt64(0)..<64)
    func fuzz(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let seeds: [[UInt8]] = [
            Array("+PONG\r\n-ERR x\r\n$4\r\n".utf8), Self.error("57P03", "starting"),
            Self.message("R", [0, 0, 0, 0]) + Self.message("S", [97, 0]), [0, 0, 0, 0, 2, 8, 1],
            [0, 0, 0, 0, 9, 18, 3, 8, 2, 8, 8, 1, 32, 129],
        ]
        for _ in 0..<300 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            let isWhole = Bool.random(using: &random)
            _ = Self.judge(
                try RedisConversation(Probe.RedisPing()), bytes, isWhole: isWhole)
            _ = Self.postgreSQL(bytes, isWhole: isWhole)
            _ = HealthMessages.servingStatus(in: bytes)
        }
    }
}

import DNSCodec
import Foundation
import Primitives
import Testing

/// Bytes that are nearly right, 200,000 of them, or 5 million with `SKEIN_LONG=1`. Reading them
/// gives a message or an error and never traps; a message can be written and read back the same.
/// The same seed makes the same bytes, so a failure names what failed.
@Suite("Malformed input")
struct FuzzTests {
    private static let isLong = ProcessInfo.processInfo.environment["SKEIN_LONG"] == "1"
    private static let inputs = isLong ? 5_000_000 : 200_000
    private static let rounds: UInt64 = 20

    @Test(
        "Whatever bytes are read, they are refused or stand for one message", arguments: 0..<rounds)
    func mutants(round: UInt64) {
        var mutator = Mutator(corpus: Samples.messages.map { $0.encoded() }, seed: round)
        let count = Self.inputs / Int(Self.rounds)
        var readable = 0
        for index in 0..<count {
            let bytes = mutator.next()
            guard let message = try? Message(decoding: bytes.span) else { continue }
            readable += 1
            for question in message.questions { _ = message.outcome(for: question) }
            guard let again = try? Message(decoding: message.encoded().span), again == message
            else {
                Issue.record("input \(index), \(bytes): reads as \(message), and not again")
                return
            }
            let cut = message.encoded(limit: Message.plainBytesMax)
            guard cut.count <= Message.plainBytesMax, (try? Message(decoding: cut.span)) != nil
            else {
                Issue.record("input \(index), \(bytes): cut to \(cut)")
                return
            }
        }
        #expect(readable * 1_000 >= count * 50, "\(readable) of \(count)")
        #expect(readable < count)
    }

    @Test("The same seed makes the same bytes, another one others")
    func repeatable() {
        func inputs(seed: UInt64) -> [[UInt8]] {
            var mutator = Mutator(corpus: Samples.messages.map { $0.encoded() }, seed: seed)
            return (0..<100).map { _ in mutator.next() }
        }
        #expect(inputs(seed: 1) == inputs(seed: 1))
        #expect(inputs(seed: 1) != inputs(seed: 2))
    }
}

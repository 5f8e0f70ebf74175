import Foundation
import Primitives
import Testing
import Wire

/// Bytes that are nearly right, 300,000 of them, or 5 million with `SKEIN_LONG=1`. Reading them
/// gives a value or an error and never traps; what it gives can be written and read back the same.
/// The same seed makes the same bytes, so a failure names what failed.
@Suite("Malformed input")
struct FuzzTests {
    private static let isLong = ProcessInfo.processInfo.environment["SKEIN_LONG"] == "1"

    /// How many inputs in all, and how many parts they come in.
    private static let inputs = isLong ? 5_000_000 : 300_000
    private static let rounds: UInt64 = 20

    /// Of a hundred inputs, how many are for the subject. Sealing is dear and has little to parse.
    private static func share(of subject: FuzzSubject) -> Int {
        switch subject {
        case .datagram: 40
        case .sharedBackend, .claims: 17
        case .observation, .keyEpochRecord, .gauges, .sharedOperation, .keyFile: 5
        case .sealed: 1
        }
    }

    /// How many of a thousand inputs, at least, should be read rather than refused: mutants that
    /// all fail early test little.
    private static func stableMinimum(of subject: FuzzSubject) -> Int {
        subject == .keyFile ? 3 : 30
    }

    @Test(
        "Whatever bytes are read, they are refused or stand for one value",
        arguments: FuzzSubject.allCases, 0..<rounds)
    func mutants(subject: FuzzSubject, round: UInt64) {
        let seed = round << 8 | UInt64(subject.rawValue)
        var mutator = Mutator(corpus: subject.samples(seed: seed), seed: seed)
        let count = Self.inputs / Int(Self.rounds) * Self.share(of: subject) / 100
        var stable = 0
        for index in 0..<count {
            let bytes = mutator.next()
            switch subject.outcome(of: bytes) {
            case .refused: break
            case .stable: stable += 1
            case .broken(let complaint):
                Issue.record("input \(index), \(bytes): \(complaint)")
                return
            }
        }
        #expect(stable * 1_000 >= count * Self.stableMinimum(of: subject), "\(stable) of \(count)")
        #expect(stable < count || subject == .sealed, "some must be refused")
    }

    @Test("The same seed makes the same bytes, another one others")
    func repeatable() {
        func inputs(seed: UInt64) -> [[UInt8]] {
            var mutator = Mutator(corpus: FuzzSubject.datagram.samples(seed: 1), seed: seed)
            return (0..<100).map { _ in mutator.next() }
        }
        #expect(inputs(seed: 1) == inputs(seed: 1))
        #expect(inputs(seed: 1) != inputs(seed: 2))
    }

    @Test("Every sample is read, so the mutator begins with what is right")
    func samples() {
        for subject in FuzzSubject.allCases {
            for bytes in subject.samples(seed: 3) {
                #expect(subject.outcome(of: bytes) == .stable, "\(subject): \(bytes)")
            }
        }
    }
}

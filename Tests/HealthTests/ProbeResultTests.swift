import Health
import Primitives
import Testing

@Suite("Probe results")
struct ProbeResultTests {
    private static let definition = CheckDefinition(
        probe: .http(
            Probe.HTTPRequest(successCodes: SuccessCodes([200...299, 304...304]))),
        timing: CheckTiming(timeout: .milliseconds(1_500)))

    @Test(
        "A reason reads as a phrase",
        arguments: [
            (.refused, "connection refused"), (.timedOut, "timed out after 1s500ms"),
            (.reset, "connection reset"), (.unreachable, "host unreachable"),
            (.status(500), "HTTP status 500, expected 200-299,304"),
            (.malformed, "malformed HTTP response"), (.other("EMFILE"), "EMFILE"),
            (.bodyMismatch, "the body lacks the expected text"),
            (.unexpectedAnswer, "unexpected HTTP answer"),
            (.tls("certificate has expired"), "TLS: certificate has expired"),
            (.notServing(.notServing), "serving status NOT_SERVING"),
            (.grpcStatus(5), "gRPC status 5 (not found)"), (.grpcStatus(99), "gRPC status 99"),
            (.serverError("FATAL\nline two"), "server error: FATAL line two"),
            (.exited(3), "exit status 3"), (.killed(9), "killed by signal 9"),
            (.consecutiveFailures(5), "5 requests in a row failed"),
            (.consecutiveFailures(1), "the first request after an ejection failed"),
            (.errorShare(percent: 60), "60 % of requests failed"),
            (
                .other(String(repeating: "x", count: 500)),
                String(repeating: "x", count: FailureReason.otherTextMax)
            ),
        ] as [(FailureReason, String)])
    func text(reason: FailureReason, expected: String) {
        #expect(reason.text(under: Self.definition) == expected)
    }

    private static let reasons: [FailureReason] =
        [
            .refused, .timedOut, .reset, .unreachable, .status(100), .status(503), .malformed,
            .bodyMismatch, .unexpectedAnswer, .tls("wrong name"), .grpcStatus(12),
            .serverError("LOADING"), .exited(0), .exited(255), .killed(9),
            .consecutiveFailures(5), .errorShare(percent: 100), .other("EMFILE"),
        ] + FailureReason.ServingStatus.allCases.map { .notServing($0) }

    @Test("A reason comes back from its number and text", arguments: reasons)
    func coded(reason: FailureReason) {
        let (code, text) = reason.coded
        #expect(FailureReason(coded: code, text: text) == reason)
    }

    @Test("Every reason has a number of its own, below the statuses")
    func numbers() {
        let codes = Self.reasons.map(\.coded.code).filter { $0 < 100 }
        #expect(Set(codes) == Set(1...16))
        #expect(FailureReason(coded: 0, text: "") == nil)
    }

    @Test(
        "What a peer makes up is a reason in words, cut and without control characters",
        arguments: UInt16(1)..<100)
    func madeUp(code: UInt16) throws {
        let text = "\u{1b}[31m" + String(repeating: "e\u{301}\u{302}", count: 1_000)
        let reason = try #require(FailureReason(coded: code, text: text))
        let shown = reason.text(under: Self.definition)
        #expect(shown.unicodeScalars.count <= FailureReason.otherTextMax + 20)
        #expect(!shown.unicodeScalars.contains { $0.value < 32 })
        #expect(reason.coded.text.unicodeScalars.count <= FailureReason.otherTextMax)
    }

    @Test(
        "A duration is spelled as configurations write it",
        arguments: [
            (.zero, "0s"), (.microseconds(999), "0s"), (.milliseconds(500), "500ms"),
            (.seconds(5), "5s"), (.seconds(90), "1m30s"), (.seconds(3_600), "1h"),
            (.seconds(86_400), "24h"), (.milliseconds(3_661_001), "1h1m1s1ms"),
            (.seconds(-1), "0s"),
        ] as [(Duration, String)])
    func durations(duration: Duration, expected: String) {
        #expect(duration.text == expected)
    }
}

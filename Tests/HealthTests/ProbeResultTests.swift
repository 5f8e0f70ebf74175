import Health
import Primitives
import Testing

@Suite("Probe results")
struct ProbeResultTests {
    private static let definition = CheckDefinition(
        probe: .http(
            CheckDefinition.HTTPRequest(
                path: "/", host: nil, successCodes: SuccessCodes([200...299, 304...304]))),
        port: nil, interval: .seconds(30), timeout: .milliseconds(1_500),
        healthyThreshold: 2, unhealthyThreshold: 3)

    @Test(
        "A reason reads as a phrase",
        arguments: [
            (.refused, "connection refused"), (.timedOut, "timed out after 1s500ms"),
            (.reset, "connection reset"), (.unreachable, "host unreachable"),
            (.status(500), "HTTP status 500, expected 200-299,304"),
            (.malformed, "malformed HTTP response"), (.other("EMFILE"), "EMFILE"),
            (
                .other(String(repeating: "x", count: 500)),
                String(repeating: "x", count: FailureReason.otherTextMax)
            ),
        ] as [(FailureReason, String)])
    func text(reason: FailureReason, expected: String) {
        #expect(reason.text(under: Self.definition) == expected)
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

import Primitives
import Testing

@testable import Supervision

@Suite("Restart back-off")
struct RestartBackOffTests {
    @Test("The first restart is at once, each soon one after it later, up to a limit")
    func grows() {
        var backOff = RestartBackOff()
        let delays = (0..<9).map { _ in backOff.delay(afterLifetime: .milliseconds(5)) }
        #expect(
            delays == [
                .zero, .milliseconds(100), .milliseconds(200), .milliseconds(400),
                .milliseconds(800), .milliseconds(1_600), .milliseconds(3_200), .seconds(5),
                .seconds(5),
            ])
    }

    @Test("A process that lived for a while is restarted at once again")
    func resets() {
        var backOff = RestartBackOff()
        for _ in 0..<5 { _ = backOff.delay(afterLifetime: .zero) }
        #expect(backOff.delay(afterLifetime: .seconds(10)) == .zero)
        #expect(backOff.delay(afterLifetime: .zero) == .milliseconds(100))
    }
}

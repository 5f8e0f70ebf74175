import Balancing
import EventLoop
import Linux
import Primitives
import SharedState

/// What the outcome of each exchange says about its backend: counters that all processes of the
/// node read, and this worker's own idea of how fast it answers.
extension Worker {
    func noteConnectFailure(_ slot: UInt32, _ errno: Errno, since start: Instant) {
        counter(slot, .connectFailures).add(1)
        if errno == .connectionRefused { counter(slot, .refusedConnections).add(1) }
        noteFailedTime(slot, since: start)
    }

    /// A connection was made. For a tunnel that is the answer.
    func noteConnected(_ slot: UInt32, _ exchange: UInt32) {
        let record = exchanges[exchange].pointee
        guard clients[record.client].pointee.phase == .tunnel else { return }
        counter(slot, .requests).add(1)
        counter(slot, .answers).add(1)
        noteTime(slot, since: record.startedAt)
    }

    /// A backend's answer did not come, was cut short, or made no sense.
    func noteBrokenAnswer(_ exchange: UInt32) {
        let record = exchanges[exchange].pointee
        counter(record.backend, .brokenAnswers).add(1)
        if record.answerBegan { counter(record.backend, .brokenBodies).add(1) }
        noteFailedTime(record.backend, since: record.startedAt)
    }

    /// The head of a final answer came.
    func noteStatus(_ status: Int, of slot: UInt32, since start: Instant) {
        counter(slot, .answers).add(1)
        if status >= 500 { counter(slot, .serverErrors).add(1) }
        noteTime(slot, since: start)
    }

    private func noteTime(_ slot: UInt32, since start: Instant) {
        let elapsed = max(0, now.nanoseconds - start.nanoseconds)
        counter(slot, .answerNanoseconds).add(UInt64(elapsed))
        table[slot].pointee.responseTime.record(elapsed, now: now)
    }

    /// A backend that fails at once must not look like the fastest of all.
    private func noteFailedTime(_ slot: UInt32, since start: Instant) {
        let elapsed = now.nanoseconds - start.nanoseconds
        table[slot].pointee.responseTime.record(
            max(elapsed, Self.failureNanoseconds), now: now)
    }

    /// What a failure counts as, at least, among response times.
    private static var failureNanoseconds: Int64 { 1_000_000_000 }
}

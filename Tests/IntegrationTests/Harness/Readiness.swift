import Foundation

/// Waiting for a descriptor without holding up the other tests.
enum Readiness {
    /// Whether the descriptor became ready before the deadline; an error or end counts as ready.
    static func wait(_ number: CInt, for events: CInt, until deadline: Deadline) async -> Bool {
        if isReady(number, for: events) { return true }
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: poll(number, events, milliseconds: deadline.milliseconds))
            }
        }
    }

    /// Whether the descriptor is ready now.
    static func isReady(_ number: CInt, for events: CInt) -> Bool {
        poll(number, events, milliseconds: 0)
    }

    private static func poll(_ number: CInt, _ events: CInt, milliseconds: CInt) -> Bool {
        var entry = pollfd(fd: number, events: Int16(events), revents: 0)
        return Foundation.poll(&entry, 1, milliseconds) > 0
    }
}

import NIOConcurrencyHelpers

/// Room for a number of commands at once, in the order of asking.
final class CommandSlots: Sendable {
    private struct State {
        var free: Int
        /// Those who wait, who waits longest first.
        var waiting: [FirstValue<Bool>] = []
    }

    private let state: NIOLockedValueBox<State>

    init(count: Int) {
        state = NIOLockedValueBox(State(free: count))
    }

    /// Takes a slot, waiting for one at most for `timeout`. False if there was none, or if the task
    /// was cancelled.
    func take(within timeout: Duration) async -> Bool {
        let turn = FirstValue<Bool>()
        state.withLockedValue { state in
            if state.free > 0 {
                state.free -= 1
                turn.give(true)
            } else {
                state.waiting.append(turn)
            }
        }
        let isTaken = await turn.wait(atMost: timeout, substitute: false)
        if !isTaken { state.withLockedValue { $0.waiting.removeAll { $0 === turn } } }
        return isTaken
    }

    /// Gives back a slot that was taken: to who waits longest, if anybody does.
    func giveBack() {
        state.withLockedValue { state in
            while !state.waiting.isEmpty {
                if state.waiting.removeFirst().give(true) { return }
            }
            state.free += 1
        }
    }
}

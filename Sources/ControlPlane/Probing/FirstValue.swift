import NIOConcurrencyHelpers

/// The first of the values that several sources may give, for one task to wait for.
final class FirstValue<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = NIOLockedValueBox(State.open)

    /// Gives a value; false if there was one already.
    @discardableResult
    func give(_ value: Value) -> Bool {
        let (isFirst, waiter) = state.withLockedValue { state in
            switch state {
            case .given: return (false, nil as CheckedContinuation<Value, Never>?)
            case .open:
                state = .given(value)
                return (true, nil)
            case .awaited(let waiter):
                state = .given(value)
                return (true, waiter)
            }
        }
        waiter?.resume(returning: value)
        return isFirst
    }

    /// The value, as soon as there is one. One task may wait.
    func wait() async -> Value {
        await withCheckedContinuation { continuation in
            let value: Value? = state.withLockedValue { state in
                if case .given(let value) = state { return value }
                state = .awaited(continuation)
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }

    /// The value, or `substitute` if none is given within `timeout` or the task is cancelled before.
    func wait(atMost timeout: Duration, substitute: Value) async -> Value {
        let deadline = Task {
            try await Task.sleep(for: timeout)
            give(substitute)
        }
        defer { deadline.cancel() }
        return await withTaskCancellationHandler {
            await wait()
        } onCancel: {
            give(substitute)
        }
    }
}

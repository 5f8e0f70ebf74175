/// Lets only so many tests run at a time as the machine has room for, in the order they came.
actor Gate {
    static let shared = Gate(places: 5)

    private let places: Int
    private var taken = 0
    private var waiting: [(count: Int, turn: CheckedContinuation<Void, Never>)] = []

    private init(places: Int) { self.places = places }

    /// Runs `body` when it is its turn.
    ///
    /// - Parameter alone: whether nothing else may run meanwhile, because it loads the machine or
    ///   measures time.
    static func pass(alone: Bool, _ body: () async throws -> Void) async throws {
        let count = alone ? shared.places : 1
        await shared.enter(count)
        do {
            try await body()
        } catch {
            await shared.leave(count)
            throw error
        }
        await shared.leave(count)
    }

    private func enter(_ count: Int) async {
        await withCheckedContinuation { turn in
            waiting.append((count, turn))
            admit()
        }
    }

    private func leave(_ count: Int) {
        taken -= count
        admit()
    }

    private func admit() {
        while let first = waiting.first, taken + first.count <= places {
            taken += first.count
            waiting.removeFirst().turn.resume()
        }
    }
}

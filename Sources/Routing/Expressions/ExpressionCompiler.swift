/// Turns a regular expression into a program for `ExpressionMachine`, as in Cox's "Regular
/// Expression Matching: the Virtual Machine Approach".
struct ExpressionCompiler {
    private(set) var program: [Instruction] = []
    private(set) var sets: [ByteSet] = []
    private let ignoresCase: Bool

    init(ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
    }

    /// Whether the program stayed within `RouteLimits.expressionInstructionsMax`.
    mutating func compile(_ node: ExpressionNode) -> Bool {
        emit(node) && append(.match)
    }

    private mutating func emit(_ node: ExpressionNode) -> Bool {
        switch node {
        case .set(let set): emit(ignoresCase ? set.ignoringCase : set)
        case .sequence(let parts): parts.allSatisfy { emit($0) }
        case .choice(let branches): emit(branches[...])
        case .capture(let number, let inner):
            append(.save(UInt8(2 * number))) && emit(inner)
                && append(.save(UInt8(2 * number + 1)))
        case .repetition(let inner, let least, let most, let isLazy):
            emit(inner, least: least, most: most, isLazy: isLazy)
        }
    }

    private mutating func emit(_ set: ByteSet) -> Bool {
        if let byte = set.onlyByte { return append(.byte(byte)) }
        let number = sets.firstIndex(of: set) ?? sets.count
        if number == sets.count { sets.append(set) }
        return append(.set(UInt16(number)))
    }

    private mutating func emit(_ branches: ArraySlice<ExpressionNode>) -> Bool {
        guard let first = branches.first else { return true }
        guard branches.count > 1 else { return emit(first) }
        let split = program.count
        guard append(.match), emit(first) else { return false }
        let jump = program.count
        guard append(.match) else { return false }
        program[split] = .split(UInt16(split + 1), next)
        guard emit(branches.dropFirst()) else { return false }
        program[jump] = .jump(next)
        return true
    }

    private mutating func emit(
        _ inner: ExpressionNode, least: Int, most: Int?, isLazy: Bool
    ) -> Bool {
        for _ in 0..<least {
            guard emit(inner) else { return false }
        }
        guard let most else { return emitAnyNumber(of: inner, isLazy: isLazy) }
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(program.count)
            guard append(.match), emit(inner) else { return false }
        }
        for split in splits {
            program[split] = choose(UInt16(split + 1), else: next, isLazy: isLazy)
        }
        return true
    }

    private mutating func emitAnyNumber(of inner: ExpressionNode, isLazy: Bool) -> Bool {
        let split = program.count
        guard append(.match), emit(inner), append(.jump(UInt16(split))) else { return false }
        program[split] = choose(UInt16(split + 1), else: next, isLazy: isLazy)
        return true
    }

    private func choose(_ inside: UInt16, else outside: UInt16, isLazy: Bool) -> Instruction {
        isLazy ? .split(outside, inside) : .split(inside, outside)
    }

    private var next: UInt16 { UInt16(program.count) }

    private mutating func append(_ instruction: Instruction) -> Bool {
        guard program.count < RouteLimits.expressionInstructionsMax else { return false }
        program.append(instruction)
        return true
    }
}

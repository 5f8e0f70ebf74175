/// A regular expression as a table: for each state and each class of bytes, the next state.
///
/// The subset construction (Rabin and Scott, "Finite automata and their decision problems", 1959)
/// over the program's places. A text costs one look for each byte, however hostile it is; what may
/// be expensive, the number of states, is settled when the pattern is read, and a pattern that
/// needs too many is refused.
struct Automaton: Hashable, Sendable {
    /// For each byte, the column of its class.
    let classes: [UInt8]
    /// A row for each state: its next states, as offsets of their rows, then whether it accepts.
    let table: [UInt16]
    let columns: Int

    /// The row from which nothing is accepted any more. The row behind it accepts whatever comes.
    static let deadRow: UInt16 = 0

    /// The table for a program; nil if it had over `RouteLimits.automatonEntriesMax` entries.
    init?(_ program: [Instruction], sets: [ByteSet]) {
        let partition = BytePartition(program, sets: sets)
        var construction = SubsetConstruction(program, sets: sets, partition)
        guard construction.run() else { return nil }
        classes = partition.classes
        table = construction.table
        columns = partition.representatives.count
    }

    /// Whether the automaton with this table accepts all of `text`.
    @inline(__always)
    static func accepts(
        _ text: Span<UInt8>, classes: Span<UInt8>, table: Span<UInt16>, columns: Int
    ) -> Bool {
        let forever = columns &+ 1
        var row = 2 &* forever
        for index in text.indices {
            row = Int(table[row &+ Int(classes[Int(text[index])])])
            if row <= forever { return row == forever }
        }
        return table[row &+ columns] != 0
    }
}

/// Which bytes a program never tells apart.
private struct BytePartition {
    private(set) var classes = [UInt8](repeating: 0, count: 256)
    /// A byte of each class.
    private(set) var representatives: [UInt8] = [0]

    init(_ program: [Instruction], sets: [ByteSet]) {
        var told = Set(sets)
        for case .byte(let byte) in program { told.insert(ByteSet(byte...byte)) }
        // The order of a set does not matter: classes are numbered by their first bytes.
        let tests = Array(told)
        var numbers: [[Bool]: UInt8] = [:]
        representatives = []
        for byte in UInt8.min...UInt8.max {
            let answers = tests.map { $0.contains(byte) }
            if numbers[answers] == nil {
                numbers[answers] = UInt8(representatives.count)
                representatives.append(byte)
            }
            classes[Int(byte)] = numbers[answers] ?? 0
        }
    }
}

/// Finds all sets of places that the threads of a program can stand at together.
private struct SubsetConstruction {
    private(set) var table: [UInt16] = []
    private let program: [Instruction]
    private let sets: [ByteSet]
    private let partition: BytePartition
    private let width: Int
    private var rows: [[UInt16]: UInt16] = [:]
    private var waiting: [[UInt16]] = []

    init(_ program: [Instruction], sets: [ByteSet], _ partition: BytePartition) {
        self.program = program
        self.sets = sets
        self.partition = partition
        width = partition.representatives.count + 1
    }

    /// Whether the table stayed within its limit.
    mutating func run() -> Bool {
        table = [UInt16](repeating: 0, count: width)
        table += [UInt16](repeating: UInt16(width), count: width)
        rows[[]] = Automaton.deadRow
        guard row(of: closure([0])) != nil else { return false }
        var next = 0
        while next < waiting.count {
            let places = waiting[next]
            next += 1
            guard let row = rows[places] else { continue }
            for (column, byte) in partition.representatives.enumerated() {
                let reached = closure(places.filter { takes($0, byte) }.map { $0 + 1 })
                guard let target = self.row(of: reached) else { return false }
                table[Int(row) + column] = target
            }
        }
        joinAcceptingForever()
        return true
    }

    /// Leads to the second row whatever accepts all that may follow, so that the rest of a text
    /// need not be read. Where that is not settled after a few rounds, it stays as it is.
    private mutating func joinAcceptingForever() {
        var isForever = stride(from: 0, to: table.count, by: width).map {
            table[$0 + width - 1] != 0
        }
        for _ in 0..<16 {
            var isSettled = true
            for state in isForever.indices where isForever[state] {
                let row = table[state * width..<(state + 1) * width - 1]
                guard !row.allSatisfy({ isForever[Int($0) / width] }) else { continue }
                isForever[state] = false
                isSettled = false
            }
            guard isSettled else { continue }
            for index in table.indices where index % width != width - 1 {
                if isForever[Int(table[index]) / width] { table[index] = UInt16(width) }
            }
            return
        }
    }

    private func takes(_ place: UInt16, _ byte: UInt8) -> Bool {
        switch program[Int(place)] {
        case .byte(let wanted): wanted == byte
        case .set(let number): sets[Int(number)].contains(byte)
        case .split, .jump, .save, .match: false
        }
    }

    /// The row of a set of places, a new one if need be; nil when there are too many.
    private mutating func row(of places: [UInt16]) -> UInt16? {
        if let known = rows[places] { return known }
        let row = table.count
        guard row + width <= RouteLimits.automatonEntriesMax else { return nil }
        table += [UInt16](repeating: 0, count: width)
        let isAccepting = places.contains { program[Int($0)] == .match }
        table[row + width - 1] = isAccepting ? 1 : 0
        rows[places] = UInt16(row)
        waiting.append(places)
        return UInt16(row)
    }

    /// All places that take a byte or match and are reached from these without a byte, ascending.
    private func closure(_ starts: [UInt16]) -> [UInt16] {
        var seen = [Bool](repeating: false, count: program.count)
        var pending = starts
        var reached: [UInt16] = []
        while let place = pending.popLast() {
            guard !seen[Int(place)] else { continue }
            seen[Int(place)] = true
            switch program[Int(place)] {
            case .split(let first, let second): pending += [first, second]
            case .jump(let target): pending.append(target)
            case .save: pending.append(place + 1)
            case .byte, .set, .match: reached.append(place)
            }
        }
        return reached.sorted()
    }
}

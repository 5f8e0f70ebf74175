/// Runs regular expressions over texts, with all the memory that it needs made in advance.
///
/// All threads of the program advance together, a byte of the text at a time, and no two of them
/// stand at the same instruction; so a text costs at most its length times the program's.
struct ExpressionMachine: Sendable {
    /// What a thread notes: starts and ends of groups 0 to 9, of which 0 is the whole text.
    private static let slotCount = 2 * (RouteLimits.capturesMax + 1)
    /// A place that has not been noted.
    static let nowhere = UInt32.max

    /// The threads before the next byte is taken.
    private var current: ThreadList
    /// Those behind it, in the making.
    private var following: ThreadList
    /// What is still to be explored of the places that are reached without taking a byte.
    private var pending: [Pending]
    /// What the thread in hand has noted.
    private var slots: [UInt32]
    /// Instructions visited in all runs so far: what the cost is proportional to.
    private(set) var steps = 0

    /// A machine for programs of up to so many instructions. One that notes captures takes 160
    /// bytes more for each.
    init(instructionsMax: Int, capturing: Bool = false) {
        let slotCount = capturing ? Self.slotCount : 0
        current = ThreadList(size: instructionsMax, slotCount: slotCount)
        following = ThreadList(size: instructionsMax, slotCount: slotCount)
        pending = []
        pending.reserveCapacity(2 * instructionsMax + 2)
        slots = [UInt32](repeating: Self.nowhere, count: slotCount)
    }

    /// Whether the program matches all of `text`. Afterwards `captured` tells what its groups
    /// took, if the machine notes that.
    mutating func matches(
        _ program: Span<Instruction>, sets: Span<ByteSet>, _ text: Span<UInt8>
    ) -> Bool {
        for slot in slots.indices { slots[slot] = Self.nowhere }
        following.removeAll()
        add(0, at: 0, of: program)
        swap(&current, &following)
        for position in text.indices {
            guard current.count > 0 else { return false }
            advance(over: text[position], to: position + 1, program, sets)
        }
        // The first in the list is the one that Perl would have found.
        for thread in 0..<current.count {
            guard case .match = program[Int(current.places[thread])] else { continue }
            current.read(thread, into: &slots)
            return true
        }
        return false
    }

    /// What the numbered group took of the text that was matched last; nil if it took no part.
    func captured(_ group: Int) -> Range<Int>? {
        guard 2 * group + 1 < slots.count, slots[2 * group] != Self.nowhere,
            slots[2 * group + 1] != Self.nowhere
        else { return nil }
        return Int(slots[2 * group])..<Int(slots[2 * group + 1])
    }

    private mutating func advance(
        over byte: UInt8, to position: Int, _ program: Span<Instruction>, _ sets: Span<ByteSet>
    ) {
        following.removeAll()
        for thread in 0..<current.count {
            let place = current.places[thread]
            let takes =
                switch program[Int(place)] {
                case .byte(let wanted): wanted == byte
                case .set(let number): sets[Int(number)].contains(byte)
                case .split, .jump, .save, .match: false
                }
            guard takes else { continue }
            current.read(thread, into: &slots)
            add(place + 1, at: position, of: program)
        }
        swap(&current, &following)
    }

    /// Adds a thread at `place`, and at all places that it reaches from there without a byte.
    private mutating func add(_ place: UInt16, at position: Int, of program: Span<Instruction>) {
        pending.append(.explore(place))
        while let task = pending.popLast() {
            switch task {
            case .restore(let slot, let value): slots[Int(slot)] = value
            case .explore(let place): explore(place, at: position, program[Int(place)])
            }
        }
    }

    private mutating func explore(_ place: UInt16, at position: Int, _ instruction: Instruction) {
        guard !following.contains(place) else { return }
        steps &+= 1
        following.append(place, slots: slots)
        switch instruction {
        case .split(let first, let second):
            pending.append(.explore(second))
            pending.append(.explore(first))
        case .jump(let target):
            pending.append(.explore(target))
        case .save(let slot):
            if !slots.isEmpty {
                pending.append(.restore(slot, slots[Int(slot)]))
                slots[Int(slot)] = UInt32(position)
            }
            pending.append(.explore(place + 1))
        case .byte, .set, .match:
            break
        }
    }

    private enum Pending: BitwiseCopyable {
        case explore(UInt16)
        /// Takes back a note, for the places that are reached another way.
        case restore(UInt8, UInt32)
    }
}

/// The places of a program at which threads stand, in the order in which they are preferred.
///
/// A sparse set (Briggs and Torczon, "An efficient representation for sparse sets", 1993): empty
/// in one step, without a look at what it held.
private struct ThreadList: Sendable {
    private(set) var count = 0
    private(set) var places: [UInt16]
    private var numbers: [UInt16]
    private var slots: [UInt32]
    private let slotCount: Int

    init(size: Int, slotCount: Int) {
        places = [UInt16](repeating: 0, count: size)
        numbers = [UInt16](repeating: 0, count: size)
        slots = [UInt32](repeating: ExpressionMachine.nowhere, count: size * slotCount)
        self.slotCount = slotCount
    }

    mutating func removeAll() { count = 0 }

    func contains(_ place: UInt16) -> Bool {
        let number = Int(numbers[Int(place)])
        return number < count && places[number] == place
    }

    mutating func append(_ place: UInt16, slots noted: [UInt32]) {
        places[count] = place
        numbers[Int(place)] = UInt16(count)
        for slot in 0..<slotCount { slots[count * slotCount + slot] = noted[slot] }
        count += 1
    }

    func read(_ thread: Int, into noted: inout [UInt32]) {
        for slot in 0..<slotCount { noted[slot] = slots[thread * slotCount + slot] }
    }
}

/// A fixed number of records in one block of memory, addressed by small indices.
///
/// Records are plain values (no references), so neither taking nor giving back one allocates or
/// counts anything. The block is reserved at once, but memory is used only by records that were
/// ever taken. Each index has a generation that grows with every reuse, so that an event for a
/// former holder is told apart from one for the present holder.
///
/// Public and not `package`, because the compiler specialises and inlines only public generics in
/// other modules.
public struct Slab<Record: BitwiseCopyable>: ~Copyable {
    @usableFromInline let records: UnsafeMutablePointer<Record>
    @usableFromInline let generations: UnsafeMutablePointer<UInt32>
    @usableFromInline let nextFree: UnsafeMutablePointer<UInt32>
    @usableFromInline var firstFree: UInt32 = .max
    @usableFromInline var untouched: UInt32 = 0
    public let capacity: Int
    @usableFromInline var takenCount = 0

    /// How many records are taken.
    @inlinable
    public var count: Int { takenCount }

    public init(capacity: Int) {
        precondition(capacity > 0 && capacity < Int(UInt32.max))
        self.capacity = capacity
        records = .allocate(capacity: capacity)
        generations = .allocate(capacity: capacity)
        nextFree = .allocate(capacity: capacity)
    }

    deinit {
        records.deallocate()
        generations.deallocate()
        nextFree.deallocate()
    }

    /// Takes a record and sets it to `value`; nil when all are taken.
    @inlinable
    public mutating func take(_ value: Record) -> UInt32? {
        let index: UInt32
        if firstFree != .max {
            index = firstFree
            firstFree = nextFree[Int(index)]
        } else if untouched < capacity {
            index = untouched
            untouched += 1
            generations[Int(index)] = 0
        } else {
            return nil
        }
        takenCount += 1
        generations[Int(index)] &+= 1
        records[Int(index)] = value
        return index
    }

    /// Gives a record back.
    @inlinable
    public mutating func giveBack(_ index: UInt32) {
        generations[Int(index)] &+= 1
        nextFree[Int(index)] = firstFree
        firstFree = index
        takenCount -= 1
    }

    /// Grows when the record at `index` is taken and when it is given back: odd while it is taken.
    @inlinable
    @inline(__always)
    public func generation(of index: UInt32) -> UInt32 {
        generations[Int(index)]
    }

    /// The indices of all taken records. Looks at every record ever used: not for the hot path.
    public func taken() -> [UInt32] {
        (0..<untouched).filter { generations[Int($0)] % 2 == 1 }
    }

    @inlinable
    @inline(__always)
    public subscript(index: UInt32) -> UnsafeMutablePointer<Record> {
        records + Int(index)
    }
}

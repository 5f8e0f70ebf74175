import EventLoop
import Primitives
import Testing

@Suite("Slab and buffers")
struct SlabTests {
    @Test("Records are handed out until all are taken, and again when given back")
    func capacity() {
        var slab = Slab<Int>(capacity: 2)
        let first = slab.take(10)
        let second = slab.take(20)
        #expect(first != nil && second != nil && first != second)
        let third = slab.take(30)
        #expect(third == nil)
        if let first {
            let generation = slab.generation(of: first)
            slab.giveBack(first)
            let again = slab.take(40)
            #expect(again == first)
            let (value, newGeneration) = (slab[first].pointee, slab.generation(of: first))
            #expect(value == 40)
            #expect(newGeneration != generation)
        }
        let taken = slab.taken().sorted()
        #expect(taken == [first, second].compactMap { $0 }.sorted())
    }

    @Test("Taken records are exactly those not given back", arguments: UInt64(0)..<32)
    func matchesModel(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var slab = Slab<UInt64>(capacity: 50)
        var model: [UInt32: UInt64] = [:]
        for _ in 0..<500 {
            if Bool.random(using: &random) {
                let value = random.next()
                let index = slab.take(value)
                #expect((index == nil) == (model.count == 50))
                if let index {
                    #expect(model[index] == nil)
                    model[index] = value
                }
            } else if let index = model.keys.sorted().randomElement(using: &random) {
                let value = slab[index].pointee
                #expect(value == model[index])
                slab.giveBack(index)
                model[index] = nil
            }
            let count = slab.count
            #expect(count == model.count)
        }
        let taken = slab.taken()
        #expect(taken == model.keys.sorted())
    }

    @Test("Buffers come in two sizes, within the limit, and are lent again")
    func buffers() {
        var pool = BufferPool(bytesMax: BufferPool.smallSize + BufferPool.largeSize)
        let small = pool.lend(1)
        let large = pool.lend(BufferPool.smallSize + 1)
        #expect(small?.capacity == BufferPool.smallSize)
        #expect(large?.capacity == BufferPool.largeSize)
        let (beyondLimit, beyondSize) = (pool.lend(1), pool.lend(BufferPool.largeSize + 1))
        #expect(beyondLimit == nil && beyondSize == nil)
        if let small { pool.takeBack(small) }
        let again = pool.lend(2)
        #expect(again?.base == small?.base, "the last one returned is the first one lent")
    }

    @Test("A buffer keeps its bytes over a compaction")
    func compaction() {
        var pool = BufferPool(bytesMax: 1 << 20)
        guard var buffer = pool.lend(16) else {
            Issue.record("no buffer")
            return
        }
        let bytes: [UInt8] = Array(0..<200)
        buffer.append(bytes, count: 200)
        buffer.start = 150
        buffer.compact()
        #expect((buffer.start, buffer.end, buffer.count) == (0, 50, 50))
        #expect(buffer.bytes.load(as: UInt8.self) == 150)
        pool.takeBack(buffer)
        let lent = pool.bytesLent
        #expect(lent == 0)
    }
}

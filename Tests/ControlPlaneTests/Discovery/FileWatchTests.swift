import Linux
import Primitives
import Testing

@testable import ControlPlane

@Suite("When a file is read")
struct FileWatchTests {
    /// What the watch says to states of a file that are seen one after the other; nil for none.
    private static func reads(_ sizes: [Int64?]) -> [Bool] {
        var watch = FileWatch()
        return sizes.enumerated().map { index, size in
            let stamp = size.map { RegularFile.Stamp(size: $0) }
            return watch.see(stamp, now: .zero + FileWatch.period * index) == .read
        }
    }

    @Test("At once, again when it has settled, and then no more")
    func first() {
        #expect(Self.reads([1, 1, 1, 1]) == [true, true, false, false])
    }

    @Test("A change is read when it has settled")
    func change() {
        #expect(
            Self.reads([1, 1, 1, 2, 2, 2, 1, 1]) == [
                true, true, false, false, true, false, false, true,
            ])
        #expect(
            Self.reads([1, 1, 2, 3, 4, 4, 4]) == [true, true, false, false, false, true, false])
    }

    @Test("A file that does not settle is read all the same, within a second of its change")
    func restless() {
        let reads = Self.reads([1, 1] + (2...20).map { $0 })
        let indices = reads.indices.filter { reads[$0] }
        #expect(indices == [0, 1, 5, 8, 11, 14, 17, 20])
    }

    @Test("A file that is gone for a moment was being replaced")
    func gone() {
        #expect(Self.reads([1, 1, nil, 1, 1]) == [true, true, false, false, false])
        #expect(
            Self.reads([1, 1, nil, nil, nil, 1, 1]) == [
                true, true, false, true, false, false, true,
            ])
        #expect(Self.reads([nil, nil, nil]) == [true, true, false])
    }
}

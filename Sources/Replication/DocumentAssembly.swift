import Primitives

/// A document whose chunks are still being fetched.
///
/// Chunks are asked for, never pushed: a few at a time, the next as those come in, and again after
/// a time. So a long document travels as fast as answers do and never floods the receiver.
struct DocumentAssembly: Sendable {
    let header: DocumentHeader
    /// When the last chunk came, or the header.
    private(set) var lastProgress: Instant
    private var chunks: [[UInt8]?]
    private var missing: Int
    /// When each chunk was last asked for.
    private var asked: [Instant?]
    private var lastAsked: Instant
    private let indices: [UInt64: Int]

    init(header: DocumentHeader, at now: Instant) {
        self.header = header
        lastProgress = now
        lastAsked = now
        missing = header.chunkCount
        chunks = [[UInt8]?](repeating: nil, count: missing)
        asked = [Instant?](repeating: nil, count: missing)
        indices = Dictionary(
            uniqueKeysWithValues: (0..<header.chunkCount).map { (header.chunkID($0), $0) })
    }

    /// The whole document, once every chunk is there.
    var bytes: [UInt8]? {
        missing == 0 ? chunks.flatMap { $0 ?? [] } : nil
    }

    var progress: (present: Int, of: Int) { (chunks.count - missing, chunks.count) }

    /// Takes in a chunk; the answer says whether it was missing.
    mutating func insert(_ chunk: [UInt8], at index: Int, now: Instant) -> Bool {
        guard chunks[index] == nil else { return false }
        chunks[index] = chunk
        missing -= 1
        lastProgress = now
        return true
    }

    /// Which chunks to ask for now, as digests call them.
    mutating func wants(at now: Instant, limits: DocumentConfiguration) -> [UInt64] {
        func isOnItsWay(_ index: Int) -> Bool {
            asked[index].map { now < $0 + limits.retryInterval } ?? false
        }
        let open = chunks.indices.filter { chunks[$0] == nil }
        let room = limits.window - open.count(where: isOnItsWay)
        guard room > 0 else { return [] }
        let next = open.filter { !isOnItsWay($0) }.prefix(room)
        for index in next { asked[index] = now }
        if !next.isEmpty { lastAsked = now }
        return next.map(header.chunkID)
    }

    /// When to ask again, if nothing comes in.
    func nextDeadline(limits: DocumentConfiguration) -> Instant { lastAsked + limits.retryInterval }

    /// The record of a chunk that is there.
    func record(id: UInt64) -> Record? {
        guard let index = indices[id], let chunk = chunks[index] else { return nil }
        return header.record(ofChunk: index, bytes: chunk)
    }
}

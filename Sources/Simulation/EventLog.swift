package import Gossip
package import Membership
package import Primitives

/// Something that happened in a simulation, for the report of a broken invariant. It is put into
/// words only when it is printed.
package struct LogEntry: Sendable {
    package enum Event: Sendable {
        case started(node: Int)
        case crashed(node: Int)
        case paused(node: Int)
        case continued(node: Int)
        case left(node: Int)
        case clockJumped(node: Int, nanoseconds: Int64)
        case acted(node: Int)
        case conditionsChanged
        /// A datagram was taken in; a sender of -1 is a stranger.
        case received(node: Int, sender: Int, bytes: Int)
        case changed(viewer: Int, member: NodeName, from: MemberState?, to: MemberState, UInt64)
        case forgot(viewer: Int, member: NodeName)
        indirect case reported(node: Int, GossipEffect)
        case noted(String)
    }

    package let at: Instant
    package let event: Event
}

/// The last events of a run: those that matter, and apart from them the last datagrams.
package struct EventLog: Sendable {
    private var notable = Ring(capacity: 200)
    private var traffic = Ring(capacity: 20)

    mutating func add(_ event: LogEntry.Event, at now: Instant) {
        if case .received = event {
            traffic.append(LogEntry(at: now, event: event))
        } else {
            notable.append(LogEntry(at: now, event: event))
        }
    }

    /// What is remembered, in order of time.
    package var entries: [LogEntry] {
        (notable.elements + traffic.elements).sorted { $0.at < $1.at }
    }
}

/// The last so many entries.
private struct Ring: Sendable {
    private let capacity: Int
    private var slots: [LogEntry] = []
    private var oldest = 0

    init(capacity: Int) {
        self.capacity = capacity
        slots.reserveCapacity(capacity)
    }

    mutating func append(_ entry: LogEntry) {
        guard slots.count == capacity else { return slots.append(entry) }
        slots[oldest] = entry
        oldest = oldest + 1 == capacity ? 0 : oldest + 1
    }

    var elements: [LogEntry] { Array(slots[oldest...] + slots[..<oldest]) }
}

extension LogEntry {
    /// The event in words, without its time.
    func text(_ nodes: [SimulatedNode]) -> String {
        func name(_ index: Int) -> String { index < 0 ? "a stranger" : nodes[index].name.text }
        switch event {
        case .started(let node): return "\(name(node)) starts"
        case .crashed(let node): return "\(name(node)) crashes"
        case .paused(let node): return "\(name(node)) is paused"
        case .continued(let node): return "\(name(node)) is continued"
        case .left(let node): return "\(name(node)) is asked to leave"
        case .clockJumped(let node, let nanoseconds):
            return "the clock of \(name(node)) jumps by \(Double(nanoseconds) / 1e9) s"
        case .acted(let node): return "\(name(node)) publishes or does something"
        case .conditionsChanged: return "the network changes"
        case .received(let node, let sender, let bytes):
            return "\(name(node)) takes in \(bytes) bytes from \(name(sender))"
        case .changed(let viewer, let member, let before, let after, let incarnation):
            let change = before.map { "\($0) -> \(after)" } ?? "new, \(after)"
            return "\(name(viewer)) sees \(member): \(change) (incarnation \(incarnation))"
        case .forgot(let viewer, let member): return "\(name(viewer)) forgets \(member)"
        case .reported(let node, let effect): return "\(name(node)) reports: \(effect)"
        case .noted(let text): return text
        }
    }
}

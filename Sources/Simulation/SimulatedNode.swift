package import Gossip
package import Membership
package import Primitives

/// One node of a simulated cluster: an engine, and what the world knows of it.
package final class SimulatedNode {
    /// Its place in `SimulatedCluster.nodes`.
    package let index: Int
    package let name: NodeName
    package internal(set) var address: SocketAddress
    /// How often its process was started.
    package internal(set) var generation: UInt64 = 0
    /// Nil when the process does not run.
    package internal(set) var gossip: Gossip?
    /// While paused (SIGSTOP), a process reads nothing and does nothing.
    package internal(set) var isPaused = false
    /// Whether it was asked to leave, in this life.
    package internal(set) var isLeaving = false
    /// Whether a scenario disturbs it on purpose: then its death is no false death.
    package var isFaulty = false
    /// Whether it is cut off from time to time, so that what it concludes of others is not false.
    package var isCutOffAtTimes = false
    /// By how many nanoseconds its monotonic clock is ahead of virtual time. Clocks of different
    /// machines do not compare, so every node has another offset from the start.
    package internal(set) var clockOffset: Int64
    package internal(set) var datagramsSent = 0
    /// UDP payload and headers.
    package internal(set) var bytesSent = 0

    var inbox = ReceiveBuffer()
    /// Whether it works on a datagram; see `NetworkConditions.serviceTime`.
    var isServing = false
    /// When the queue has an event for its deadline, at the latest.
    var scheduled: Instant = .never
    /// How often in a row it ticked without time passing.
    var idleTicks = 0

    init(index: Int, name: NodeName, address: SocketAddress, clockOffset: Int64) {
        self.index = index
        self.name = name
        self.address = address
        self.clockOffset = clockOffset
    }

    package var isRunning: Bool { gossip != nil }

    /// What its own clock shows.
    package func clock(at now: Instant) -> Instant {
        now.advanced(byNanoseconds: clockOffset)
    }

    /// When its engine wants to be called, in virtual time and not before `now`.
    func deadline(at now: Instant) -> Instant {
        guard let deadline = gossip?.readDeadline(), deadline != .never else { return .never }
        let (virtual, overflow) = deadline.nanoseconds.subtractingReportingOverflow(clockOffset)
        return overflow ? now : max(now, Instant(nanoseconds: virtual))
    }
}

/// A datagram on its way or in a buffer.
struct Delivery {
    var from: SocketAddress
    /// The sending node, or -1 for a stranger.
    var sender: Int32
    /// What `SimulatedCluster` calls the address that it is sent to.
    var destination: Int32
    var bytes: [UInt8]
}

/// The unread datagrams of a socket, bounded in bytes.
struct ReceiveBuffer {
    private var waiting: [Delivery] = []
    /// How many of `waiting` were read already.
    private var read = 0
    private(set) var bytes = 0

    var isEmpty: Bool { read == waiting.count }
    var count: Int { waiting.count - read }

    /// Puts a datagram behind the others; false when there is no room.
    mutating func append(_ delivery: Delivery, capacity: Int) -> Bool {
        let size = Self.size(of: delivery)
        guard bytes + size <= capacity else { return false }
        bytes += size
        waiting.append(delivery)
        return true
    }

    mutating func popFirst() -> Delivery? {
        guard read < waiting.count else { return nil }
        let first = waiting[read]
        bytes -= Self.size(of: first)
        read += 1
        if read == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            read = 0
        }
        return first
    }

    mutating func removeAll() { self = ReceiveBuffer() }

    private static func size(of delivery: Delivery) -> Int {
        delivery.bytes.count + NetworkConditions.bookkeepingLength
    }
}

extension Gossip {
    /// `nextDeadline`, read in place: an engine is too big to be copied after every step.
    fileprivate mutating func readDeadline() -> Instant { nextDeadline }
}

extension Instant {
    /// Later than anything that happens.
    static let never = Instant(nanoseconds: .max)
}

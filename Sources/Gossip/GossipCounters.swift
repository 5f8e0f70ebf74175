package import Wire

/// What gossip did so far, for metrics. All numbers only grow.
package struct GossipCounters: Hashable, Sendable {
    package internal(set) var datagramsReceived = 0
    package internal(set) var bytesReceived = 0
    package internal(set) var datagramsSent = 0
    /// UDP payload; every datagram costs another 28 bytes of IPv4 and UDP header.
    package internal(set) var bytesSent = 0
    /// Comparisons that this node began because sums differed.
    package internal(set) var repairs = 0
    /// Rounds of news, and comparisons, that had to wait for the byte rate.
    package internal(set) var deferrals = 0
    /// How old records of other nodes were that came as news.
    package internal(set) var propagation = PropagationTimes()
    /// Records that found no room here.
    package internal(set) var recordsRefused = 0
    private var drops = [Int](repeating: 0, count: DropReason.allCases.count)

    /// How many datagrams were dropped for that reason.
    package func dropped(_ reason: DropReason) -> Int { drops[reason.rawValue] }

    mutating func drop(_ reason: DropReason) { drops[reason.rawValue] += 1 }
}

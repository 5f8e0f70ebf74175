package import Membership
package import Primitives
package import Replication
package import Wire

/// Everything that one node's gossip depends on, besides who it is and when it is.
package struct GossipConfiguration: Sendable {
    /// Nodes of other cluster names are not heard, even with the same keys.
    package var cluster: String
    package var keys: KeyRing
    /// Where other nodes reach this one.
    package var address: SocketAddress
    /// What this node says of itself in its claim besides; see `ClaimExtensions`.
    package var claimExtensions: [UInt8] = []
    package var membership = MembershipConfiguration()
    package var replication = ReplicationConfiguration()
    package var shared = SharedConfiguration()
    package var document = DocumentConfiguration()
    package var keyEpochs = KeyEpochsConfiguration()

    /// How often news is sent, and to how many members at a time.
    package var spreadInterval: Duration = .milliseconds(100)
    package var fanOut = 3
    /// Each node sends an item of news this often, times the digits of the number of members.
    package var sendFactor = 4
    /// From so many members on, what others send us too is sent less often. In smaller clusters the
    /// bytes are few and loss counts.
    package var feedbackMembersMin = 64
    /// The most items that wait to be sent, in each class.
    package var queueCapacity = 20_000
    /// Gauges are published at most this often.
    package var gaugeInterval: Duration = .seconds(1)

    /// How often this node begins to compare what it has with another node, when sums differ.
    package var repairInterval: Duration = .milliseconds(500)
    /// Differences younger than this are probably news on its way.
    package var repairSettling: Duration = .milliseconds(300)
    /// Without rest in the view, a comparison begins all the same after this long.
    package var repairPatience: Duration = .seconds(2)
    package var gaugeRepairInterval: Duration = .seconds(2)
    /// The most datagrams that one datagram of a comparison is answered with.
    package var answerLimit = 8

    /// News and comparisons wait when a node sent so many bytes a second (IPv4 and UDP headers
    /// included), after a burst of so many; probes and their answers never wait.
    package var bytesPerSecond = 262_144
    package var bytesBurst = 131_072
    /// How long a node that joins may take to learn what the others know.
    package var readinessTimeout: Duration = .seconds(5)

    package init(cluster: String, keys: KeyRing, address: SocketAddress) {
        self.cluster = cluster
        self.keys = keys
        self.address = address
    }
}

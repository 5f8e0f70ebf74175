import Gossip
import Linux
import Membership
import Primitives
import Wire

/// What the admin API tells of the other nodes and of gossip.
extension Control {
    func nodeDocuments(own: NodeDocument) -> [NodeDocument] {
        guard let gossip else { return [own] }
        var gauges: [NodeName: [BackendGauge]] = [:]
        for observed in gossip.remoteGauges(at: Clock.now()) {
            gauges[observed.owner, default: []] += observed.gauges
        }
        return gossip.gossip.members.sorted { $0.name < $1.name }.map { member in
            if member.identity == gossip.gossip.identity {
                var own = own
                own.generation = member.identity.generation
                own.incarnation = member.incarnation
                own.release = member.claim.release
                own.state = "\(member.state)"
                return own
            }
            let open = (gauges[member.name] ?? []).reduce(0) { $0 + UInt64($1.openConnections) }
            let requests = (gauges[member.name] ?? []).reduce(0) { $0 &+ $1.requests }
            return NodeDocument(
                name: member.name.text, state: "\(member.state)",
                address: member.address.description, answering: false,
                generation: member.identity.generation, release: member.claim.release,
                incarnation: member.incarnation,
                connections: open, requests: requests)
        }
    }

    var gossipDocument: GossipDocument? {
        guard let gossip = gossip?.gossip else { return nil }
        let counters = gossip.counters
        let depths = gossip.queueDepths
        return GossipDocument(
            readiness: "\(gossip.readiness)".kebabCased, view: hexadecimal(gossip.view),
            localHealth: gossip.healthScore, cutOff: gossip.isCutOff,
            queues: [
                "members": depths.members, "records": depths.records, "gauges": depths.gauges,
            ],
            propagation: PropagationDocument(
                boundsSeconds: PropagationTimes.bounds.map(\.inSeconds),
                counts: counters.propagation.counts,
                sumSeconds: counters.propagation.sum.inSeconds),
            repairs: counters.repairs, deferrals: counters.deferrals,
            recordsRefused: counters.recordsRefused,
            keyEpoch: gossip.keyEpoch.used.number,
            datagramsReceived: counters.datagramsReceived, datagramsSent: counters.datagramsSent,
            bytesReceived: counters.bytesReceived, bytesSent: counters.bytesSent,
            unsent: self.gossip?.unsent ?? 0,
            dropped: Dictionary(
                uniqueKeysWithValues: DropReason.allCases.map {
                    ("\($0)".kebabCased, counters.dropped($0))
                }))
    }
}

/// 16 hexadecimal digits.
private func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

import Balancing
import Gossip
import Membership
import Primitives
import Wire

/// What the other nodes have open to each backend, in the form that workers choose by: pure.
///
/// The gauges of others are up to a second old when they come; see `RemoteLoad` for how old ones
/// are read.
struct RemoteLoads {
    /// What this node has at one backend.
    struct Local {
        var open: UInt32
        /// Requests so far.
        var requests: UInt64
    }

    private struct Part: Hashable {
        let owner: NodeName
        let first: UInt64
    }

    private struct Received {
        /// When the owner made it, by this node's clock.
        let origin: Instant
        /// When this node took it in, or last took it that nothing had changed.
        let renewed: Instant
        let reports: [UInt64: RemoteLoad.Report]
    }

    /// What one peer did, compared with this node.
    private struct Peer {
        var activity = PeerActivity()
        var since: Instant
        var requests: UInt64
        var ownRequests: UInt64
    }

    /// After how long without a newer report an owner's numbers are taken to be unchanged: gauges
    /// are sent that often, if they change.
    private static let renewal = Duration.seconds(1)

    private var received: [Part: Received] = [:]
    private var peers: [NodeName: Peer] = [:]
    private var lastRound = Instant.zero
    private var lastOpen: [UInt64: UInt32] = [:]

    /// Takes in the present gauges and returns each backend's load by all other nodes.
    ///
    /// - Parameter local: what this node has, by backend.
    mutating func update(
        _ gauges: [ObservedGauges], local: [UInt64: Local], at now: Instant
    ) -> [UInt64: RemoteLoad] {
        observePeers(gauges, local, at: now)
        var next: [Part: Received] = [:]
        var byBackend: [UInt64: [RemoteLoad.Report]] = [:]
        for observed in gauges {
            guard let first = observed.gauges.first?.backend else { continue }
            let part = Part(owner: observed.owner, first: first)
            let origin = now - observed.age
            let entry: Received
            if let known = received[part], known.origin == origin,
                known.renewed + Self.renewal > now
            {
                entry = known
            } else {
                let isNew = received[part]?.origin != origin
                entry = Received(
                    origin: origin, renewed: now,
                    reports: reports(
                        observed, local, delay: isNew ? observed.age : .zero, at: now))
            }
            next[part] = entry
            for (backend, report) in entry.reports {
                byBackend[backend, default: []].append(report)
            }
        }
        received = next
        lastRound = now
        lastOpen = local.mapValues(\.open)
        return byBackend.mapValues { RemoteLoad($0) }
    }

    private func reports(
        _ observed: ObservedGauges, _ local: [UInt64: Local], delay: Duration, at now: Instant
    ) -> [UInt64: RemoteLoad.Report] {
        let activity = peers[observed.owner]?.activity.ratio ?? 1
        var reports: [UInt64: RemoteLoad.Report] = [:]
        for gauge in observed.gauges {
            let open = local[gauge.backend]?.open ?? 0
            reports[gauge.backend] = RemoteLoad.Report.interpolated(
                gauge: gauge.openConnections, localNow: open,
                localAtRound: lastOpen[gauge.backend] ?? open,
                sinceRound: (now - lastRound).nanoseconds, delay: delay.nanoseconds,
                activity: activity)
        }
        return reports
    }

    private mutating func observePeers(
        _ gauges: [ObservedGauges], _ local: [UInt64: Local], at now: Instant
    ) {
        var requests: [NodeName: UInt64] = [:]
        for observed in gauges {
            requests[observed.owner, default: 0] &+= observed.gauges.reduce(0) { $0 &+ $1.requests }
        }
        let own = local.values.reduce(0) { $0 &+ $1.requests }
        peers = peers.filter { requests[$0.key] != nil }
        for (name, sum) in requests {
            guard var peer = peers[name] else {
                peers[name] = Peer(since: now, requests: sum, ownRequests: own)
                continue
            }
            guard peer.since + Self.renewal <= now else { continue }
            // A peer that restarted counts from zero again.
            let began = sum >= peer.requests ? sum - peer.requests : sum
            peer.activity.observe(
                peer: began, own: own >= peer.ownRequests ? own - peer.ownRequests : own)
            (peer.since, peer.requests, peer.ownRequests) = (now, sum, own)
            peers[name] = peer
        }
    }
}

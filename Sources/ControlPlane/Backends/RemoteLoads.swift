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
    private struct Part: Hashable {
        let owner: NodeName
        let first: UInt64
    }

    private struct Received {
        /// When the owner made it, by this node's clock.
        let origin: Instant
        /// When this node took it in, or last took it that nothing had changed.
        var renewed: Instant
        var reports: [UInt64: RemoteLoad.Report]
    }

    /// After how long without a newer report an owner's numbers are taken to be unchanged: gauges
    /// are sent that often, if they change.
    private static let renewal = Duration.seconds(1)

    private var received: [Part: Received] = [:]

    /// Takes in the present gauges and returns each backend's load by all other nodes.
    ///
    /// - Parameter local: how many connections this node has open to a backend.
    mutating func update(
        _ gauges: [ObservedGauges], local: (UInt64) -> UInt32, at now: Instant
    ) -> [UInt64: RemoteLoad] {
        var next: [Part: Received] = [:]
        var byBackend: [UInt64: [RemoteLoad.Report]] = [:]
        for observed in gauges {
            guard let first = observed.gauges.first?.backend else { continue }
            let part = Part(owner: observed.owner, first: first)
            let origin = now - observed.age
            var entry = received[part] ?? Received(origin: origin, renewed: now, reports: [:])
            if received[part] == nil || entry.origin != origin || entry.renewed + Self.renewal <= now
            {
                entry = Received(origin: origin, renewed: now, reports: [:])
                for gauge in observed.gauges {
                    entry.reports[gauge.backend] = RemoteLoad.Report(
                        gauge: gauge.openConnections, localAtReport: local(gauge.backend))
                }
            }
            next[part] = entry
            for (backend, report) in entry.reports { byBackend[backend, default: []].append(report) }
        }
        received = next
        return byBackend.mapValues { RemoteLoad($0) }
    }
}

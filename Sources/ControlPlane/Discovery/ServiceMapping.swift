import ConfigurationFile
import DNSCodec
import Primitives

/// What SRV records mean for a pool.
enum ServiceMapping {
    /// The backends that the records name: those of the lowest priority number that has an address
    /// serve, all others are backups. Every address of a target has the target's weight.
    static func backends(
        _ services: [RecordData.Service], addresses: (DomainName) -> [IPAddress]
    ) -> [DiscoveredBackend] {
        let found = services.filter { $0.port != 0 }
            .sorted { ($0.priority, $0.weight, $0.target) < ($1.priority, $1.weight, $1.target) }
            .map { (service: $0, addresses: addresses($0.target)) }
            .filter { !$0.addresses.isEmpty }
        let first = found.first?.service.priority
        let weights = weights(found.map(\.service.weight))
        return zip(found, weights).flatMap { entry, weight in
            entry.addresses.map {
                DiscoveredBackend(
                    address: SocketAddress(ip: $0, port: entry.service.port), weight: weight,
                    isBackup: entry.service.priority != first)
            }
        }
    }

    /// Weights of 16 bits as those of a pool, in the same proportions as far as they go: scaled
    /// down if the largest is too large. The 0 of a record means "little" (RFC 2782), that of a
    /// pool "none"; so it becomes 1.
    static func weights(_ weights: [UInt16]) -> [Int] {
        let weightMax = Configuration.Backend.weightMax
        let largest = max(Int(weights.max() ?? 0), weightMax)
        return weights.map { max(1, (Int($0) * weightMax + largest / 2) / largest) }
    }
}

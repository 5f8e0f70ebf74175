import ConfigurationFile
import Linux
import Logging
import Primitives

/// Names one source of backends: of which pool, and the how manieth.
struct DiscoverySourceID: Hashable {
    let pool: String
    let index: Int
}

/// What a source of backends last said.
struct DiscoveryReport {
    let backends: Int
    let status: DiscoveryStatus
}

/// Sources of backends as control lives with them.
extension Control {
    nonisolated var discoverySources: [(id: DiscoverySourceID, source: DiscoverySource)] {
        configuration.shared.pools.flatMap { pool in
            pool.discover.enumerated().map { index, source in
                (DiscoverySourceID(pool: pool.name, index: index), DiscoverySource(source))
            }
        }
    }

    /// A source of backends was asked, or read.
    func discovered(_ update: DiscoveryUpdate, by id: DiscoverySourceID) {
        discovery[id] = DiscoveryReport(backends: update.backends.count, status: update.status)
        for news in update.news {
            switch news {
            case .changed(let added, let removed):
                logger.info(
                    "a source of \(id.pool) has \(added.count) backends more or changed, \(removed.count) less"
                )
            case .failing(let reason):
                logger.warning("the backends of \(id.pool) stay as last known: \(reason)")
            case .recovered: logger.notice("a source of \(id.pool) answers again")
            }
        }
        let backends = update.backends.map { found in
            var backend = Configuration.Backend(address: found.address)
            if let weight = found.weight { backend.weight = weight }
            if let isBackup = found.isBackup { backend.isBackup = isBackup }
            backend.maxConnections = found.maxConnections
            return backend
        }
        // A source that never answered has nothing to say; one that did, keeps what it said.
        guard update.status.lastSuccess != nil || !backends.isEmpty else { return }
        apply(roster.setDiscovered(backends, pool: id.pool, source: id.index))
    }

    func sourceDocuments(of pool: String, at now: Instant) -> [SourceDocument] {
        discoverySources.filter { $0.id.pool == pool }.map { id, source in
            let report = discovery[id]
            return SourceDocument(
                source: "\(source)", backends: report?.backends, failure: report?.status.failure,
                ageSeconds: report?.status.lastSuccess.map { (now - $0).inSeconds })
        }
    }
}

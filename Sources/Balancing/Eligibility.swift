/// Which backends of a pool take new traffic.
///
/// What an administrator decides and what health finds out are kept apart: a backend in maintenance
/// or draining gets nothing new, whatever its health is, and is not counted either. Then:
///
/// 1. The primaries that are up take the traffic.
/// 2. When none is, all backups that are up do (nginx's `backup`; HAProxy with `option allbackups`).
/// 3. **Panic**: where too few are up, health is not believed and all primaries take traffic
///    (Envoy's panic threshold; "fail open"). It holds while some primaries are up but fewer than
///    the threshold, since the few would break down under the load of all; and when nothing at all
///    is up, neither primaries nor backups. Live backups come before dead primaries, but they do
///    not replace primaries of which some live: a backup may well be a page that says sorry.
package enum Eligibility {
    /// What an administrator wants of a backend.
    package enum AdministrativeState: UInt8, Sendable {
        case ready
        /// It keeps its connections and gets no new ones.
        case drain
        /// It gets no traffic at all.
        case maintenance
    }

    /// A backend of the pool.
    package struct Backend: Sendable {
        /// Whether it is up, or not known to be down.
        package var isUp: Bool
        package var administrativeState: AdministrativeState
        /// Whether it is for the time when no primary is up.
        package var isBackup: Bool
        /// Zero means no new traffic, like `drain`.
        package var weight: UInt16

        package init(
            isUp: Bool, administrativeState: AdministrativeState = .ready, isBackup: Bool = false,
            weight: UInt16 = 1
        ) {
            self.isUp = isUp
            self.administrativeState = administrativeState
            self.isBackup = isBackup
            self.weight = weight
        }
    }

    /// Who serves.
    package enum Tier: UInt8, Sendable {
        case primaries
        case backups
        /// Nobody: clients are told that no backend is available.
        case none
    }

    /// Who takes new traffic.
    package struct Decision: Equatable, Sendable {
        /// Positions in the pool's list, ascending.
        package var positions: [UInt32]
        package var tier: Tier
        /// Whether health is ignored.
        package var isPanicking: Bool
    }

    /// The positions of those that take new traffic.
    ///
    /// - Parameter panicThreshold: 0...100. Below this share of the primaries in service being up,
    ///   in per cent, health is ignored. 0: never, so a pool of which all are down takes no
    ///   traffic. Envoy's default is 50.
    package static func decide(_ backends: [Backend], panicThreshold: Int) -> Decision {
        precondition((0...100).contains(panicThreshold), "a threshold in per cent")
        let inService = backends.indices.filter {
            backends[$0].administrativeState == .ready && backends[$0].weight > 0
        }
        let primaries = inService.filter { !backends[$0].isBackup }
        let livePrimaries = primaries.filter { backends[$0].isUp }
        let backups = inService.filter { backends[$0].isBackup }
        let liveBackups = backups.filter { backends[$0].isUp }
        if !livePrimaries.isEmpty {
            let isPanicking =
                livePrimaries.count * 100 < panicThreshold * primaries.count
            return decision(.primaries, isPanicking ? primaries : livePrimaries, isPanicking)
        }
        if !liveBackups.isEmpty { return decision(.backups, liveBackups) }
        guard panicThreshold > 0 else { return decision(.none, []) }
        if !primaries.isEmpty { return decision(.primaries, primaries, true) }
        guard !backups.isEmpty else { return decision(.none, []) }
        return decision(.backups, backups, true)
    }

    private static func decision(
        _ tier: Tier, _ positions: [Int], _ isPanicking: Bool = false
    ) -> Decision {
        Decision(positions: positions.map { UInt32($0) }, tier: tier, isPanicking: isPanicking)
    }
}

/// The part of the configuration that belongs to the cluster and not to one node.
package struct SharedPart: Hashable, Sendable {
    package static let listenersMax = 1_000
    package static let poolsMax = 1_000

    /// Names are unique, and so are the addresses bound.
    package var listeners: [Configuration.Listener]
    /// Names are unique.
    package var pools: [Configuration.Pool]

    init(listeners: [Configuration.Listener], pools: [Configuration.Pool]) {
        self.listeners = listeners
        self.pools = pools
    }

    /// Reads the keys of the shared part, which stand at the top level of a file.
    init(reading keys: inout SectionReader) {
        listeners = keys.value(
            "listeners",
            .list(of: .section(Configuration.Listener.init(reading:)), 0...Self.listenersMax),
            default: [], "where traffic comes in")
        pools = keys.value(
            "pools", .list(of: .section(Configuration.Pool.init(reading:)), 0...Self.poolsMax),
            default: [], "groups of backends that serve traffic")
    }
}

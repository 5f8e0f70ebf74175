package import Primitives

extension Configuration {
    /// One server of a pool.
    package struct Backend: Hashable, Sendable {
        package static let weightMax = 256

        /// What people want of a backend, whatever its health.
        package enum State: String, Codable, Hashable, Sendable, CaseIterable {
            case ready
            /// It keeps what it has and gets nothing new.
            case drain
            /// It gets no traffic at all.
            case maintenance
        }

        package var address: SocketAddress
        /// Its share of traffic, against those of the others: 0...256; 0 for no new traffic.
        package var weight: Int
        /// Whether it is used only while none of the others is.
        package var isBackup: Bool
        /// Connections that it has at most, of all nodes together; nil for any number.
        package var maxConnections: Int?
        package var state: State

        package init(
            address: SocketAddress, weight: Int = 1, isBackup: Bool = false,
            maxConnections: Int? = nil, state: State = .ready
        ) {
            self.address = address
            self.weight = weight
            self.isBackup = isBackup
            self.maxConnections = maxConnections
            self.state = state
        }
    }
}

extension Configuration.Backend {
    init(reading keys: inout SectionReader) {
        address = keys.required("address", .peer, "the address and port of the backend")
        weight = keys.value(
            "weight", .weight, default: 1,
            "its share of traffic, against those of the others; 0 for no new traffic")
        isBackup = keys.value(
            "backup", .flag, default: false, "whether it is used only while no other can be")
        maxConnections = keys.optional(
            "max-connections", .number(1...1_000_000), absent: "any number",
            "connections (of http: requests in flight) that it has at most, of all nodes together")
        state = keys.value(
            "state", .choice(), default: .ready,
            "ready; drain: nothing new; or maintenance: no traffic at all")
    }
}

extension Kind where Value == Int {
    /// The weight of a backend.
    static var weight: Kind { .number(0...Configuration.Backend.weightMax) }
}

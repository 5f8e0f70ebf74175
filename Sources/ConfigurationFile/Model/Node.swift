package import Primitives

extension Configuration {
    /// What belongs to one node alone.
    package struct Node: Hashable, Sendable {
        package enum Workers: Hashable, Sendable {
            /// As many as the machine has cores that this process may use.
            case auto
            case count(Int)
        }

        /// What the other nodes and people call this node; unique in the cluster.
        package var name: String
        package var workers: Workers
        /// Nil for a node that stands alone.
        package var gossip: Gossip?
        package var admin: Admin
        /// The directory that outlives the node, for its generation number.
        package var state: String
        /// Client connections that one worker serves at once; each may need a second descriptor,
        /// for its backend.
        package var maxConnections: Int
        /// Whether checks of the shared part may start commands on this node's machine.
        package var allowsExecChecks = false
        /// A file with the secret that sticky cookies are authenticated with; nil to derive it from
        /// the gossip keys, or to keep one in `state` where the node stands alone.
        package var stickyKey: String?
    }

    /// How a node talks to the others.
    package struct Gossip: Hashable, Sendable {
        /// The UDP address that gossip arrives at.
        package var bind: SocketAddress
        /// Nodes to ask first; this node itself may be among them.
        package var join: [SocketAddress]
        /// The file with the keys of the cluster.
        package var keys: String
        /// The address that others are told to answer to; nil for `bind`.
        package var advertise: SocketAddress?
        /// How long a node that starts may take to learn what the others know.
        package var readyTimeout: Duration = .seconds(5)
    }

    /// How a node is administered.
    package struct Admin: Hashable, Sendable {
        /// The Unix socket on which the admin API is served.
        package var socket: String
    }
}

extension Configuration.Node {
    package static let workersMax = 64
    package static let maxConnectionsDefault = 10_000

    init(reading keys: inout SectionReader, hostName: String) {
        name = keys.value(
            "name", .name, default: hostName, shown: "the host name",
            "what this node is called")
        workers = keys.value(
            "workers", .workers, default: .auto,
            "processes that serve traffic: auto, or a number")
        gossip = keys.optional(
            "gossip", .section(Configuration.Gossip.init(reading:)),
            absent: "the node stands alone",
            "how to reach the other nodes")
        admin = keys.section(
            "admin", Configuration.Admin.init(reading:),
            "where skein status and its like reach this node")
        state = keys.value(
            "state", .path(), default: "/var/lib/skein",
            "the directory for what must survive a restart")
        maxConnections = keys.value(
            "max-connections", .number(1...1_000_000), default: Self.maxConnectionsDefault,
            "client connections that one worker serves at once")
        allowsExecChecks = keys.value(
            "allow-exec-checks", .flag, default: false,
            "whether health checks may start commands on this machine")
        stickyKey = keys.optional(
            "sticky-key", .path(), absent: "derived from the gossip keys, or kept in state",
            "a file with the secret that sticky cookies are authenticated with")
        keys.notYet("dns")
    }

    /// Checks what the keys alone do not show.
    func validate(_ root: YAMLValue, _ reporter: Reporter) {
        // A name from the file was checked when it was read; one that was refused is not here.
        if !isName(name) {
            reporter.error(
                at: root.place(of: ["node"]),
                "the host name \(quoted(name)) cannot name this node, for it \(nameRule); "
                    + "set 'name' under 'node'")
        }
        if let gossip, gossip.bind.ip.isUnspecified, !gossip.bind.isMissing,
            !root.contains(["node", "gossip", "advertise"])
        {
            reporter.error(
                at: root.place(of: ["node", "gossip", "bind"]),
                "others cannot answer to \(gossip.bind); bind one address, or set 'advertise'")
        }
    }
}

extension Configuration.Gossip {
    /// Addresses to join; one that answers is enough.
    package static let joinMax = 64

    init(reading keys: inout SectionReader) {
        bind = keys.required("bind", .bind, "the UDP address that gossip arrives at")
        join = keys.value(
            "join", .list(of: .peer, 0...Self.joinMax), default: [],
            "addresses of other nodes to ask first")
        self.keys = keys.required("keys", .path(), "the file with the keys of the cluster")
        advertise = keys.optional(
            "advertise", .peer, absent: "as bind",
            "the address that others answer to, where it is not the one bound")
        readyTimeout = keys.value(
            "ready-timeout", .duration(.zero ... .seconds(600)), default: .seconds(5),
            "how long a starting node may take to learn what the others know")
    }
}

extension Configuration.Admin {
    /// `sun_path` of `unix(7)` has 108 bytes, the last of them zero.
    package static let socketBytesMax = 107

    init(reading keys: inout SectionReader) {
        socket = keys.value(
            "socket", .path(bytesMax: Self.socketBytesMax), default: "/run/skein/admin.sock",
            "the Unix socket of the admin API")
        keys.notYet("bind")
    }
}

extension Kind where Value == Configuration.Node.Workers {
    static var workers: Kind {
        .wordOrNumber("auto", .auto, 1...Configuration.Node.workersMax) {
            .count($0)
        } back: { workers in
            if case .count(let count) = workers { count } else { nil }
        }
    }
}

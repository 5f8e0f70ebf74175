import ArgumentParser
import ConfigurationFile
import ControlPlane

struct Backends: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backend",
        abstract: "Add, change and remove backends in the whole cluster.",
        discussion: """
            What is said here spreads to every node, comes on top of what the configuration says, \
            and stays until it is changed.

            Example: skein backend drain api 192.0.2.1:8080
            """,
        subcommands: [
            Add.self, Remove.self, Drain.self, Ready.self, Maintenance.self, Weight.self,
        ])

    /// Which backend, and which node to tell.
    struct Target: ParsableArguments {
        @Argument(help: "The pool.")
        var pool: String

        @Argument(help: "The backend's address and port.")
        var address: String

        @Option(help: "The admin socket of a node (else SKEIN_ADMIN, else /run/skein/admin.sock).")
        var admin: String?

        var client: AdminClient { AdminClient(socket: adminSocket(admin)) }

        func change(_ request: BackendRequest) async throws {
            try await client.change(address, in: pool, request)
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a backend, or tell again that it is there.",
            discussion: "Example: skein backend add api 192.0.2.3:8080 --weight 2 --ttl 30")

        @OptionGroup var target: Target

        @Option(help: "Its share of traffic, 0 to 256.")
        var weight: Int?

        @Flag(help: "Use it only while no other can be used.")
        var backup = false

        @Option(help: "Connections that it has at most, of all nodes together.")
        var maxConnections: Int?

        @Option(help: "Seconds after which it is gone, unless it is added again.")
        var ttl: Int?

        func run() async throws {
            try await target.client.register(
                target.address, in: target.pool,
                BackendRequest(
                    weight: weight, backup: backup ? true : nil, maxConnections: maxConnections,
                    ttl: ttl))
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a backend, also one of the configuration.",
            discussion: "Example: skein backend remove api 192.0.2.3:8080")

        @OptionGroup var target: Target

        func run() async throws {
            try await target.client.remove(target.address, from: target.pool)
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send nothing new to a backend, but what sticks to it.",
            discussion: "Example: skein backend drain api 192.0.2.3:8080")

        @OptionGroup var target: Target

        func run() async throws { try await target.change(BackendRequest(state: .drain)) }
    }

    struct Ready: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a backend take traffic again.",
            discussion: "Example: skein backend ready api 192.0.2.3:8080")

        @OptionGroup var target: Target

        func run() async throws { try await target.change(BackendRequest(state: .ready)) }
    }

    struct Maintenance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send nothing at all to a backend.",
            discussion: "Example: skein backend maintenance api 192.0.2.3:8080")

        @OptionGroup var target: Target

        func run() async throws { try await target.change(BackendRequest(state: .maintenance)) }
    }

    struct Weight: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a backend's share of traffic.",
            discussion: "Example: skein backend weight api 192.0.2.3:8080 5")

        @OptionGroup var target: Target

        @Argument(help: "0 to 256; 0 for no new traffic.")
        var weight: Int

        func run() async throws { try await target.change(BackendRequest(weight: weight)) }
    }
}

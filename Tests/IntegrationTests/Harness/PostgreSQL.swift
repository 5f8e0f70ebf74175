import Foundation

/// A PostgreSQL server of the test's own, started as Debian's user `postgres`.
final class PostgreSQL: Sendable {
    let endpoint: Endpoint
    private let stage: Stage
    private let data: String

    fileprivate init(stage: Stage, name: String) async throws {
        self.stage = stage
        endpoint = try .fresh()
        data = stage.freshPath(name)
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        if getuid() == 0 { try await succeed(("/bin/chown", ["postgres", data])) }
        try await succeed(
            Self.asOwner("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-N"]))
        // What belongs to others cannot be written to, but root can write to anything.
        let lines = [
            "listen_addresses = '\(endpoint.host)'", "port = \(endpoint.port)",
            "unix_socket_directories = ''", "fsync = off", "max_wal_senders = 0",
            "cluster_name = '\(name)'",
        ]
        let addition = try stage.write(lines.joined(separator: "\n") + "\n", named: "addition")
        try await succeed(("/bin/sh", ["-c", "cat \(addition) >> \(data)/postgresql.conf"]))
        try await control("start")
    }

    /// A program of PostgreSQL, which Debian keeps out of the path; the server refuses to be root.
    private static func asOwner(
        _ program: String, _ arguments: [String]
    ) throws -> (executable: String, arguments: [String]) {
        let root = "/usr/lib/postgresql"
        let versions = try FileManager.default.contentsOfDirectory(atPath: root)
        guard let version = versions.compactMap(Int.init).max() else {
            throw Failure("no PostgreSQL in \(root)")
        }
        let executable = "\(root)/\(version)/bin/\(program)"
        guard getuid() == 0 else { return (executable, arguments) }
        let identity = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        return ("/usr/bin/setpriv", identity + [executable] + arguments)
    }

    private func succeed(_ command: (executable: String, arguments: [String])) async throws {
        let result = try await stage.run(
            command.executable, command.arguments, within: .seconds(30))
        guard result.status == 0 else {
            throw Failure("\(command): \(result.error)\(result.output)")
        }
    }

    /// `pg_ctl` with an action, which has happened when this returns.
    func control(_ action: String, _ options: String...) async throws {
        let log = action == "start" ? ["-l", "\(data)/log"] : []
        try await succeed(
            Self.asOwner("pg_ctl", ["-D", data, "-w"] + log + options + [action]))
    }
}

extension Stage {
    /// Makes and starts a PostgreSQL server, whose `cluster_name` is that name.
    func startPostgreSQL(_ name: String) async throws -> PostgreSQL {
        let server = try await PostgreSQL(stage: self, name: name)
        atEnd { try? await server.control("stop", "-m", "immediate") }
        return server
    }

    /// What psql says to a query: the one value, or why there is none.
    func query(_ sql: String, at endpoint: Endpoint) async throws -> Finished {
        try await run(
            "/usr/bin/psql",
            [
                "-X", "-A", "-t", "-h", endpoint.host, "-p", "\(endpoint.port)", "-U", "postgres",
                "-d", "postgres", "-c", sql,
            ], environment: ["PGCONNECT_TIMEOUT": "5"])
    }
}

import Foundation
import Health
import Testing

/// A PostgreSQL cluster of one test.
struct PostgreSQLServer {
    let port: UInt16
    private let bench: ProbeBench
    private let data: String

    init(_ bench: ProbeBench) async throws {
        self.bench = bench
        port = try await bench.freePort()
        data = "\(bench.folder)/data"
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        if getuid() == 0 { try await bench.run(["/bin/chown", "postgres", data]) }
        try await bench.run(
            Self.asPostgres(
                "initdb",
                [
                    "--pgdata", data, "--username", "postgres", "--auth", "trust", "--no-sync",
                    "--no-instructions",
                ]))
        try await append(
            """
            listen_addresses = '\(bench.ip)'
            port = \(port)
            unix_socket_directories = ''
            fsync = off
            max_connections = 4
            superuser_reserved_connections = 3
            max_wal_senders = 0
            client_connection_check_interval = 100ms
            """, to: "postgresql.conf")
        try await replaceAccessRules(
            """
            host all someone all scram-sha-256
            host all nobody all reject
            host all all all trust
            """)
    }

    private func append(_ text: String, to file: String) async throws {
        let source = try bench.write(text + "\n", to: "addition")
        try await bench.run(["/bin/sh", "-c", "cat '\(source)' >> '\(data)/\(file)'"])
    }

    private func replaceAccessRules(_ text: String) async throws {
        let source = try bench.write(text + "\n", to: "rules")
        try await bench.run(["/bin/cp", source, "\(data)/pg_hba.conf"])
    }

    /// Debian keeps these programs out of the path, and the server refuses to run as root.
    private static func asPostgres(_ program: String, _ arguments: [String]) throws -> [String] {
        let root = "/usr/lib/postgresql"
        let versions = try FileManager.default.contentsOfDirectory(atPath: root)
        guard let version = versions.max(by: { (Int($0) ?? 0) < (Int($1) ?? 0) }) else {
            throw BenchFailure("no PostgreSQL in \(root)")
        }
        let command = ["\(root)/\(version)/bin/\(program)"] + arguments
        guard getuid() == 0 else { return command }
        return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            + command
    }

    /// Starts the server and waits until it says that it is ready.
    func start(untilOutput mark: String = "ready to accept connections") async throws
        -> ServerProcess
    {
        let process = try bench.start(Self.asPostgres("postgres", ["-D", data]))
        try await bench.until("PostgreSQL has started") {
            guard process.isRunning else { throw BenchFailure(process.output) }
            return process.output.contains(mark)
        }
        return process
    }

    /// Has the server start as a standby that takes no connections.
    func makeStandby() async throws {
        try await append(
            "hot_standby = off\nrestore_command = '/bin/false'", to: "postgresql.conf")
        try await bench.run(["/usr/bin/touch", "\(data)/standby.signal"])
    }

    /// A session that stays open; returns when it is.
    func hold(user: String) async throws -> ServerProcess {
        let process = try bench.start([
            "/usr/bin/psql", "-h", "\(bench.ip)", "-p", "\(port)", "-U", user, "-d", "postgres",
            "-A", "-t", "-c", "SELECT 'open'", "-c", "SELECT pg_sleep(60)",
        ])
        try await bench.until("the session is open") {
            guard process.isRunning else { throw BenchFailure(process.output) }
            return process.output.contains("open")
        }
        return process
    }

    func run(sql: String) async throws {
        try await bench.run([
            "/usr/bin/psql", "-h", "\(bench.ip)", "-p", "\(port)", "-U", "postgres", "-d",
            "postgres", "-c", sql,
        ])
    }

    func probe(
        user: String = "skein", database: String = "postgres"
    ) async -> FailureReason? {
        await bench.probe(
            .postgresql(Probe.PostgreSQLStartup(user: user, database: database)), port: port)
    }
}

import Foundation
import Health
import Testing

@testable import ControlPlane

@Suite("PostgreSQL probes of a real server")
struct PostgreSQLProbeTests {
    @Test("Whoever knocks, a server that takes connections is up")
    func accepting() async throws {
        try await ProbeBench.run { bench in
            let server = try await PostgreSQLServer(bench)
            #expect(await server.probe() == .refused)
            let process = try await server.start()
            // With trust, with a password, turned away, and without a role or a database.
            #expect(await server.probe(user: "postgres") == nil)
            #expect(await server.probe(user: "someone") == nil)
            #expect(await server.probe(user: "nobody") == nil)
            #expect(await server.probe(user: "skein") == nil)
            #expect(await server.probe(user: "postgres", database: "missing") == nil)
            // A probe that was let in says good-bye.
            #expect(!process.output.contains("unexpected EOF"))
            process.send(SIGINT)
            await process.waitForEnd()
            #expect(await server.probe() == .refused)
        }
    }

    @Test("A server that has no connection left is down, and its own words say so")
    func tooManyClients() async throws {
        try await ProbeBench.run { bench in
            let server = try await PostgreSQLServer(bench)
            _ = try await server.start()
            try await server.run(sql: "CREATE ROLE plain LOGIN")
            let first = try await server.hold(user: "plain")
            #expect(
                await server.probe(user: "plain")
                    == .serverError(
                        "remaining connection slots are reserved for non-replication superuser "
                            + "connections"))
            #expect(await server.probe(user: "postgres") == nil)
            for _ in 0..<3 { _ = try await server.hold(user: "postgres") }
            #expect(
                await server.probe(user: "postgres")
                    == .serverError("sorry, too many clients already"))
            first.send(SIGKILL)
            try await bench.until("a slot is free") {
                await server.probe(user: "postgres") == nil
            }
        }
    }

    @Test("A server that is shutting down takes nobody")
    func shuttingDown() async throws {
        try await ProbeBench.run { bench in
            let server = try await PostgreSQLServer(bench)
            let process = try await server.start()
            _ = try await server.hold(user: "postgres")
            // The smart shutdown waits for sessions to end.
            process.send(SIGTERM)
            try await bench.until("it is shutting down") {
                await server.probe() == .serverError("the database system is shutting down")
            }
        }
    }

    @Test("A standby that takes no connections is down")
    func standby() async throws {
        try await ProbeBench.run { bench in
            let server = try await PostgreSQLServer(bench)
            let process = try await server.start()
            process.send(SIGINT)
            await process.waitForEnd()
            try await server.makeStandby()
            _ = try await server.start(untilOutput: "entering standby mode")
            guard case .serverError(let text) = await server.probe() else {
                Issue.record("the standby is up")
                return
            }
            #expect(
                text == "the database system is starting up"
                    || text == "the database system is not accepting connections")
        }
    }
}

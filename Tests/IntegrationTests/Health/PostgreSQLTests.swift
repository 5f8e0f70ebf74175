import Foundation
import Testing

/// Debian's PostgreSQL behind a TCP listener.
@Suite("Health: PostgreSQL", .bounded)
struct PostgreSQLTests {
    @Test("Of two servers one stops, and after the threshold no new connection fails")
    func oneStops() async throws {
        try await Stage.run { stage in
            async let first = stage.startPostgreSQL("pg-1")
            async let second = stage.startPostgreSQL("pg-2")
            let servers = [try await first, try await second]
            var plan = try NodePlan.tcp(to: servers.map(\.endpoint), workers: 2)
            plan.pools[0].health = """
                { protocol: postgresql, interval: 500ms, timeout: 400ms, \
                healthy-threshold: 1, unhealthy-threshold: 2 }
                """
            let node = try await stage.startNode(plan)
            for server in servers { try await node.waitUntil(server.endpoint, is: "up") }
            func ask() async throws -> Finished {
                try await stage.query("SHOW cluster_name", at: node.endpoint)
            }
            var names: Set<String> = []
            try await until("both serve") {
                let result = try await ask()
                #expect(result.status == 0, "\(result.error)")
                names.insert(result.output)
                return names == ["pg-1\n", "pg-2\n"]
            }

            try await servers[0].control("stop", "-m", "fast")
            // Twice half a second, and the time of a check.
            let seen = try await node.waitUntil(
                servers[0].endpoint, is: "down", within: .seconds(3))
            #expect(seen.reason?.contains("refused") == true, "\(seen.reason ?? "")")
            for _ in 0..<20 {
                let result = try await ask()
                #expect(result.status == 0, "\(result.error)")
                #expect(result.output == "pg-2\n")
            }

            try await servers[0].control("start")
            try await node.waitUntil(servers[0].endpoint, is: "up", within: .seconds(5))
            names = []
            try await until("both serve again") {
                names.insert(try await ask().output)
                return names == ["pg-1\n", "pg-2\n"]
            }
        }
    }
}

import Foundation
import Testing

/// The commands that ask a running node, and those that need none.
@Suite("Commands", .bounded)
struct StatusTests {
    @Test(
        "Wrong use: status 2 and how to use it",
        arguments: [
            "bogus", "run", "run --bogus", "run -c a.yaml --join nowhere", "check",
            "status --bogus",
            "keys", "keys old", "cluster sideways", "status surplus",
        ])
    func usage(words: String) async throws {
        try await Stage.run { stage in
            let result = try await stage.run(
                Skein.path, words.split(separator: " ").map(String.init))
            if words == "keys" {
                // A command that only groups others explains itself.
                #expect(result.status == 0)
                #expect(result.output.contains("USAGE:"))
            } else {
                #expect(result.status == 2)
                #expect(result.output == "")
                #expect(result.error.contains("Usage: skein"))
            }
        }
    }

    @Test(
        "Help has an example for every command",
        arguments: [
            "run", "check", "status", "nodes", "pools", "keys new", "cluster up",
        ])
    func help(command: String) async throws {
        try await Stage.run { stage in
            let words = command.split(separator: " ").map(String.init)
            let result = try await stage.run(Skein.path, words + ["--help"])
            #expect(result.status == 0)
            #expect(result.output.contains("Example: "))
            #expect(result.output.contains("skein \(command)"))
            let version = try await stage.skein("--version")
            #expect(version.status == 0)
            #expect(version.outputLines.count == 1)
        }
    }

    @Test(
        "Without a node: status 1 and one line that names the socket",
        arguments: [
            "status", "nodes", "pools",
        ])
    func nobody(command: String) async throws {
        try await Stage.run { stage in
            let socket = stage.freshPath("admin.sock")
            let (absent, time) = try await timed {
                try await stage.skein(command, "--admin", socket)
            }
            #expect(time < .seconds(2))
            #expect(absent.status == 1)
            #expect(absent.output == "")
            #expect(absent.errorLines.count == 1)
            #expect(absent.error.contains(socket))
            // A file that a dead node left, or that is no socket at all.
            let file = try stage.write("no socket", named: "file")
            let dead = try await stage.skein(command, "--json", "--admin", file)
            #expect(dead.status == 1)
            #expect(dead.errorLines.count == 1)
            #expect(dead.error.contains(file))
        }
    }

    @Test("Every new key is another one, and a good key file")
    func keys() async throws {
        try await Stage.run { stage in
            let first = try await stage.skein("keys", "new")
            let second = try await stage.skein("keys", "new")
            #expect(first.status == 0)
            #expect(first.output != second.output)
            // Both together are a file for a change of keys.
            let file = try stage.write(first.output + second.output, named: "keys")
            var plan = try NodePlan.http(to: [try .fresh()])
            plan.gossip = "{ bind: 127.0.0.1:7946, keys: \(file) }"
            let yaml = try stage.write(
                plan.yaml(folder: stage.freshPath("node")), named: "keyed.yaml")
            #expect(try await stage.skein("check", yaml).status == 0)
        }
    }

    @Test("status, nodes and pools as text and as JSON")
    func forms() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let dead = try Endpoint.fresh()
            let keys = try stage.write(
                try await stage.skein("keys", "new").output, named: "keys")
            var plan = try NodePlan.http(
                to: [backend.endpoint, dead],
                health: "{ protocol: tcp, interval: 200ms, timeout: 100ms }")
            plan.gossip = "{ bind: \(try Endpoint.fresh(.datagram)), keys: \(keys) }"
            let node = try await stage.startNode(plan)
            try await node.waitUntil(dead, is: "down")
            try await node.waitUntil(backend.endpoint, is: "up")
            func ask(_ words: String...) async throws -> String {
                let result = try await stage.run(
                    Skein.path, words, environment: ["SKEIN_ADMIN": node.adminSocket])
                #expect(result.status == 0)
                #expect(result.error == "")
                return result.output
            }
            let nodes = try await ask("nodes")
            #expect(nodes.split(separator: "\n").map { $0.prefix(4) } == ["NODE", "lb-1"])
            let pools = try await ask("pools")
            #expect(pools.contains("\(backend.endpoint)"))
            let line = try #require(
                pools.split(separator: "\n").first { $0.contains("\(dead)") })
            #expect(line.contains(" down "))
            #expect(line.contains("lb-1: "))
            let status = try await ask("status")
            #expect(status.contains("1 of 1 nodes alive, 1 of 2 backends in service"))

            for command in ["status", "nodes", "pools"] {
                let text = try await ask(command, "--json")
                let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
                let names = keyNames(in: json)
                #expect(names.count > 4)
                for name in names {
                    #expect(name.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil, "\(name)")
                }
            }
        }
    }

    /// The keys of all objects within.
    private func keyNames(in json: Any) -> Set<String> {
        if let object = json as? [String: Any] {
            return object.values.reduce(Set(object.keys)) { $0.union(keyNames(in: $1)) }
        }
        if let array = json as? [Any] {
            return array.reduce(Set()) { $0.union(keyNames(in: $1)) }
        }
        return []
    }
}

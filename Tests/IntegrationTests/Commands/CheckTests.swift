import Foundation
import Testing

/// `skein check`, and how `run` treats a file that is wrong.
@Suite("Commands: check", .bounded)
struct CheckTests {
    @Test("A good file is ok, and nothing is bound")
    func good() async throws {
        try await Stage.run { stage in
            let other = try stage.startBackend(saying: "mine")
            var plan = try NodePlan.http(to: [other.endpoint])
            // Being in use is no fault of the file.
            plan.listeners[0].endpoint = other.endpoint
            let folder = stage.freshPath("node")
            let file = try stage.write(plan.yaml(folder: folder), named: "good.yaml")
            let result = try await stage.skein("check", file)
            #expect(result.status == 0)
            #expect(result.output == "\(file): ok\n")
            #expect(result.error == "")
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test("The files that come with Skein are good")
    func examples() async throws {
        try await Stage.run { stage in
            let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../..").standardizedFileURL.path
            let path = "\(package)/cluster/example.yaml"
            try #require(FileManager.default.fileExists(atPath: path))
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let keys = try stage.write(
                try await stage.skein("keys", "new").output, named: "keys")
            let file = try stage.write(
                text.replacing("/etc/skein/gossip.keys", with: keys), named: "example.yaml")
            let result = try await stage.skein("check", file)
            #expect(result.status == 0, "\(result.error)")
        }
    }

    /// A file, and what must be said about it behind its name.
    private static let faults: [(String, [String])] = [
        (
            """
            listeners: [{ name: l, bind: "127.0.0.1:80", protocol: http, pool: q }]
            pools: [{ name: p, backends: [{ address: 127.0.0.1:81 }], keep-alife: {} }]
            """,
            [
                ":1:68: error: there is no pool 'q'",
                ":2:59: error: unknown key 'keep-alife'; did you mean 'keep-alive'?",
            ]
        ),
        ("listeners: [\n", [":2:1: error: not valid YAML"]),
        (
            """
            pools:
              - name: p
                backends: [{ address: 127.0.0.1:81 }]
                health: { protocol: http, interval: 5 parsecs }
            listeners: [{ name: l, bind: "127.0.0.1:80", protocol: http, pool: p }]
            """, [":4:41: error: "]
        ),
        (
            """
            pools: [{ name: p, backends: [{ address: 127.0.0.1:99999 }] }]
            listeners: [{ name: l, bind: "127.0.0.1:80", protocol: http, pool: p }]
            """, [":1:42: error: "]
        ),
    ]

    @Test("A bad file: file, line, column and reason; status 1", arguments: ["check", "run"])
    func bad(command: String) async throws {
        try await Stage.run { stage in
            for (text, faults) in Self.faults {
                let file = try stage.write(text, named: "bad.yaml")
                let result =
                    command == "check"
                    ? try await stage.skein("check", file)
                    : try await stage.skein("run", "-c", file)
                #expect(result.status == 1)
                #expect(result.output == "")
                #expect(result.errorLines.count == faults.count, "\(result.error)")
                for (line, fault) in zip(result.errorLines, faults) {
                    // Editors and CI find the place only if it stands first.
                    #expect(line.hasPrefix(file + fault), "\(line)")
                }
            }
        }
    }

    @Test("Files that cannot be read", arguments: ["check", "run", "cluster up"])
    func unreadable(command: String) async throws {
        try await Stage.run { stage in
            let words = command.split(separator: " ").map(String.init)
            let options = command == "run" ? ["-c"] : []
            let missing = stage.freshPath("missing.yaml")
            let none = try await stage.run(Skein.path, words + options + [missing])
            #expect(none.status == 1)
            #expect(none.errorLines.count == 1)
            #expect(none.error.contains("\(missing): no such file"))

            let binary = stage.freshPath("binary.yaml")
            _ = FileManager.default.createFile(atPath: binary, contents: Data([0xFF, 0xFE, 0, 1]))
            let result = try await stage.run(Skein.path, words + options + [binary])
            #expect(result.status == 1)
            #expect(result.errorLines.count == 1)
            #expect(result.error.contains(binary))

            let folder = try await stage.run(Skein.path, words + options + [stage.folder])
            #expect(folder.status == 1)
            #expect(folder.errorLines.count == 1)
        }
    }
}

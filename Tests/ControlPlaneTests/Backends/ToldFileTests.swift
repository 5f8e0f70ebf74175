import Foundation
import Testing
import Wire

@testable import ConfigurationFile
@testable import ControlPlane

/// A directory of one test's own, gone with it.
final class StateDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("skein-state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func url(_ name: String) -> URL { URL(fileURLWithPath: path).appendingPathComponent(name) }
}

@Suite("What control keeps on disk of backends")
struct ToldFileTests {
    private func sample() -> [SharedBackend] {
        var full = Pools.registered(2, in: "größer")
        full.state = .maintenance
        full.weight = 256
        full.isBackup = true
        full.maxConnections = 1_000_000
        full.timeToLive = 86_400
        var removed = Pools.told(3)
        removed.isRemoved = true
        return [Pools.registered(1), full, removed]
    }

    @Test("What was told is read as it was written")
    func roundTrip() throws {
        let state = try StateDirectory()
        #expect(ToldFile.read(stateDirectory: state.path).isEmpty, "no file yet")
        for backends in [sample(), [], Array(sample().prefix(1))] {
            try ToldFile.write(backends, stateDirectory: state.path)
            #expect(ToldFile.read(stateDirectory: state.path) == backends)
        }
    }

    @Test("A file cut short anywhere, or with more behind it, says nothing but whole records")
    func truncated() throws {
        let state = try StateDirectory()
        let backends = sample()
        try ToldFile.write(backends, stateDirectory: state.path)
        let data = try Data(contentsOf: state.url("backends"))
        var ends = [0: 0]
        for count in 1...backends.count {
            try ToldFile.write(Array(backends.prefix(count)), stateDirectory: state.path)
            ends[try Data(contentsOf: state.url("backends")).count] = count
        }
        for length in 0...data.count {
            try data.prefix(length).write(to: state.url("backends"))
            let expected = backends.prefix(ends[length] ?? 0)
            #expect(ToldFile.read(stateDirectory: state.path) == Array(expected), "\(length)")
        }
        for more: [UInt8] in [[0], [0, 0], [0, 1, 9], [0xFF, 0xFF]] {
            try (data + Data(more)).write(to: state.url("backends"))
            #expect(ToldFile.read(stateDirectory: state.path).isEmpty, "\(more)")
        }
    }

    @Test("A record longer than any is none")
    func long() throws {
        let state = try StateDirectory()
        // A well-formed record, but for its length: a field of a later release fills it up.
        for (length, expected) in [(4_096, [Pools.registered(1)]), (4_097, [])] {
            var record = try Pools.registered(1).encode()
            let rest = length - record.count - 3
            record += [200, UInt8(rest & 0x7F) | 0x80, UInt8(rest >> 7)]
            record += [UInt8](repeating: 0, count: rest)
            let data = Data([UInt8(length >> 8), UInt8(length & 0xFF)] + record)
            try data.write(to: state.url("backends"))
            #expect(ToldFile.read(stateDirectory: state.path) == expected)
        }
    }

    @Test("What sources had is read as it was written, and what makes no sense is left out")
    func sources() throws {
        let state = try StateDirectory()
        #expect(SourceFile.read(stateDirectory: state.path).isEmpty)
        let sources: SourceFile.Sources = [
            "api": ["dns a": [Pools.backend(1), Pools.backend(2, weight: 0, maxConnections: 1)]],
            "web": [
                "file /x": [Pools.backend(3, weight: 256, isBackup: true, state: .maintenance)],
                "file /y": [],
            ],
        ]
        let nested = state.path + "/not/yet/there"
        try SourceFile.write(sources, stateDirectory: nested)
        #expect(SourceFile.read(stateDirectory: nested) == sources)
        func read(_ entry: String) throws -> [Configuration.Backend]? {
            try Data("{\"api\":{\"f\":[\(entry)]}}".utf8).write(to: state.url("sources.json"))
            return SourceFile.read(stateDirectory: state.path)["api"]?["f"]
        }
        func entry(
            address: String = "10.0.0.1:80", weight: String = "1", most: String = "1",
            state: String = "ready"
        ) -> String {
            """
            {"address":"\(address)","weight":\(weight),"backup":false,\
            "maxConnections":\(most),"state":"\(state)"}
            """
        }
        #expect(try read(entry()) == [Pools.backend(1, maxConnections: 1)])
        #expect(try read(entry(most: "1000000"))?.first?.maxConnections == 1_000_000)
        for bad in [
            entry(address: "10.0.0.1"), entry(address: "10.0.0.1:0"), entry(weight: "-1"),
            entry(weight: "257"), entry(most: "0"), entry(most: "1000001"),
            entry(most: "5000000000"),
        ] {
            #expect(try read(bad) == [], "\(bad)")
        }
        for bad in [entry(state: "lost"), entry(weight: "1.5"), "7", "{}", "}"] {
            #expect(try read(bad) == nil, "\(bad)")
        }
    }
}

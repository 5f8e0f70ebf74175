import Foundation
import Primitives
import Testing

@testable import ControlPlane

@Suite("Discovery by file", .timeLimit(.minutes(1)))
struct FileDiscoveryTests {
    private static let one = "- { address: 192.0.2.1:80 }\n"
    private static let two = #"[{"address": "192.0.2.1:80"}, "192.0.2.2:80"]"#

    private static func following(
        _ path: String, _ body: @Sendable (Observed) async throws -> Void
    ) async throws {
        try await Observed.following(.file(FileSource(path: path)), body)
    }

    /// Waits for the addresses, and expects them within a second of now; two for a busy machine.
    private static func sees(_ observed: Observed, _ addresses: [String]) async throws {
        let time = try await timed { try await observed.sees(addresses) }.time
        #expect(time < .seconds(2), "\(time)")
    }

    @Test("A file that is written in place, renamed or linked anew is read again")
    func changes() async throws {
        try await withFolder { folder in
            let path = "\(folder)/backends.yaml"
            try write(Self.one, to: path)
            try await Self.following(path) { observed in
                try await Self.sees(observed, ["192.0.2.1:80"])
                try write(Self.two, to: path)
                try await Self.sees(observed, ["192.0.2.1:80", "192.0.2.2:80"])
                try write("- 192.0.2.3:80", to: "\(folder)/new")
                #expect(rename("\(folder)/new", path) == 0)
                try await Self.sees(observed, ["192.0.2.3:80"])
                try write("[]", to: path)
                try await Self.sees(observed, [])
                #expect(observed.latest?.status.failure == nil, "a list of nothing is a list")
            }
        }
    }

    @Test("A ConfigMap of Kubernetes is followed when its links are swapped")
    func configMap() async throws {
        try await withFolder { folder in
            let files = FileManager.default
            for (number, text) in [Self.one, Self.two].enumerated() {
                try files.createDirectory(
                    atPath: "\(folder)/..\(number)", withIntermediateDirectories: false)
                try write(text, to: "\(folder)/..\(number)/backends")
            }
            try files.createSymbolicLink(
                atPath: "\(folder)/..data", withDestinationPath: "..0")
            try files.createSymbolicLink(
                atPath: "\(folder)/backends", withDestinationPath: "..data/backends")
            try await Self.following("\(folder)/backends") { observed in
                try await Self.sees(observed, ["192.0.2.1:80"])
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder)/..data_tmp", withDestinationPath: "..1")
                #expect(rename("\(folder)/..data_tmp", "\(folder)/..data") == 0)
                try FileManager.default.removeItem(atPath: "\(folder)/..0")
                try await Self.sees(observed, ["192.0.2.1:80", "192.0.2.2:80"])
            }
        }
    }

    @Test("A file that is bad or gone leaves the last good backends, and is told with its place")
    func bad() async throws {
        try await withFolder { folder in
            let path = "\(folder)/backends"
            try await Self.following(path) { observed in
                try await until("the file is missed") {
                    observed.latest?.status.failure == "\(path): No such file or directory"
                }
                try write(Self.one, to: path)
                try await Self.sees(observed, ["192.0.2.1:80"])
                try write("- { address: 192.0.2.1:80 }\n- { adress: 192.0.2.2:80 }\n", to: path)
                try await until("the mistake is told") {
                    observed.latest?.status.failure?.hasPrefix("\(path):2:5: error: ") == true
                }
                try write("", to: path)
                try await until("the empty file is told") {
                    observed.latest?.status.failure?.hasPrefix("\(path):1:1: error: ") == true
                }
                try FileManager.default.removeItem(atPath: path)
                try await until("the file is missed again") {
                    observed.latest?.status.failure == "\(path): No such file or directory"
                }
                #expect(observed.addresses == ["192.0.2.1:80"])
                #expect(mkfifo(path, 0o600) == 0)
                try await until("the pipe is refused") {
                    observed.latest?.status.failure == "\(path): is no regular file"
                }
                #expect(observed.addresses == ["192.0.2.1:80"])
                let failures = observed.news.filter {
                    if case .failing = $0 { true } else { false }
                }
                #expect(failures.count == 5, "each once: \(failures)")
            }
        }
    }
}

import Foundation
import Health
import Testing

@testable import ControlPlane

@Suite("Redis probes of redis-server")
struct RedisProbeTests {
    private func start(_ bench: ProbeBench, _ options: [String] = []) async throws -> UInt16 {
        let port = try await bench.freePort()
        let process = try bench.start(
            [
                "/usr/bin/redis-server", "--bind", "\(bench.ip)", "--port", "\(port)", "--save",
                "", "--dir", bench.folder, "--protected-mode", "no",
            ] + options)
        try await bench.until("redis-server accepts connections") {
            guard process.isRunning else { throw BenchFailure(process.output) }
            return await bench.probeOnly(.tcp(Probe.TCPExchange()), port: port) == nil
        }
        return port
    }

    private static func redis(_ file: String? = nil) -> Probe {
        .redis(Probe.RedisPing(passwordFile: file))
    }

    @Test("A server without a password answers, whether one is sent or not")
    func open() async throws {
        try await ProbeBench.run { bench in
            let port = try await start(bench)
            #expect(await bench.probe(Self.redis(), port: port) == nil)
            let file = try bench.write("secret\n", to: "password")
            #expect(await bench.probe(Self.redis(file), port: port) == nil)
        }
    }

    @Test("A password is taken from the first line of its file, each time anew")
    func password() async throws {
        try await ProbeBench.run { bench in
            let port = try await start(bench, ["--requirepass", "correct horse"])
            guard case .serverError(let text) = await bench.probe(Self.redis(), port: port) else {
                Issue.record("no password is no failure")
                return
            }
            #expect(text.hasPrefix("NOAUTH"))
            let file = try bench.write("wrong\ncorrect horse\n", to: "password")
            guard case .serverError(let text) = await bench.probe(Self.redis(file), port: port)
            else {
                Issue.record("a wrong password is no failure")
                return
            }
            #expect(text.hasPrefix("WRONGPASS"))
            _ = try bench.write("correct horse\r\n", to: "password")
            #expect(await bench.probe(Self.redis(file), port: port) == nil)
            try FileManager.default.removeItem(atPath: file)
            #expect(
                await bench.probe(Self.redis(file), port: port)
                    == .other("password file: No such file or directory"))
        }
    }

    @Test("A stopped server is refused, one that hangs times out")
    func gone() async throws {
        try await ProbeBench.run { bench in
            let port = try await bench.freePort()
            #expect(await bench.probe(Self.redis(), port: port) == .refused)
            let busy = try await start(bench)
            // A script that never ends: the server answers others that it is busy.
            let loop = try bench.start([
                "/usr/bin/redis-cli", "-h", "\(bench.ip)", "-p", "\(busy)", "EVAL",
                "while true do end", "0",
            ])
            defer { loop.send(SIGKILL) }
            try await bench.until("the server is busy") {
                await bench.probe(Self.redis(), port: busy, timeout: .milliseconds(300)) != nil
            }
            let reason = await bench.probe(Self.redis(), port: busy, timeout: .milliseconds(300))
            #expect(reason == .timedOut)
            try await bench.until("the server says so") {
                let reason = await bench.probe(Self.redis(), port: busy, timeout: .seconds(2))
                guard case .serverError(let text) = reason else { return false }
                return text.hasPrefix("BUSY")
            }
        }
    }
}

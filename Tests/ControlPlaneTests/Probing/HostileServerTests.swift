import Health
import NIOCore
import NIOPosix
import Primitives
import Testing

@testable import ControlPlane

/// Every protocol against servers that mean no good.
@Suite("Probes of hostile servers")
struct HostileServerTests {
    static let probes: [Probe] = [
        .tcp(Probe.TCPExchange(send: [1], expect: Array("never".utf8))),
        .http(Probe.HTTPRequest(expectedBody: "never")),
        .http(Probe.HTTPRequest(tls: Probe.TLSSettings(isVerified: false))),
        .grpc(Probe.GRPCRequest()),
        .grpc(Probe.GRPCRequest(tls: Probe.TLSSettings(isVerified: false))),
        .postgresql(Probe.PostgreSQLStartup()), .redis(Probe.RedisPing()),
    ]

    private static let timeout = Duration.milliseconds(400)

    /// Probes, which must be over at the deadline, give or take what a busy machine needs.
    private func reason(
        _ probe: Probe, _ server: ScriptedServer, _ bench: ProbeBench
    ) async -> FailureReason? {
        let start = ContinuousClock.now
        let reason = await bench.probe(probe, port: server.port, timeout: Self.timeout)
        #expect(ContinuousClock.now - start < .seconds(3))
        return reason
    }

    @Test("One that never answers ends at the deadline", arguments: probes)
    func silent(probe: Probe) async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.silent)
            #expect(await reason(probe, server, bench) == .timedOut)
            try await bench.until("the server sees the end") { server.connections == 0 }
        }
    }

    @Test("One that answers a byte at a time ends at the deadline or before", arguments: probes)
    func dripping(probe: Probe) async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.drips(""))
            #expect(await reason(probe, server, bench) != nil)
            #expect(server.sent < 100)
        }
    }

    @Test("One that never stops is cut off", arguments: probes)
    func flooding(probe: Probe) async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.floods(""))
            #expect(await reason(probe, server, bench) != nil)
            // Not more than the buffers of both kernels' sides hold.
            #expect(server.sent < 32 << 20)
            try await bench.until("the server sees the end") { server.connections == 0 }
        }
    }

    @Test("One that hangs up is a failure", arguments: probes)
    func hangingUp(probe: Probe) async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.closesAtOnce)
            #expect(await reason(probe, server, bench) != nil)
        }
    }

    @Test("Noise is a failure and no trap", arguments: probes, UInt64(0)..<8)
    func noise(probe: Probe, seed: UInt64) async throws {
        try await ProbeBench.run { bench in
            var random = SeededRandom(seed: seed)
            let count = Int.random(in: 1...2_000, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let server = try await bench.serve(.answers(bytes, thenCloses: true))
            #expect(await reason(probe, server, bench) != nil)
        }
    }

    @Test("A body without end is bounded: 10 GB are never read")
    func endlessBody() async throws {
        try await ProbeBench.run { bench in
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n"
            let server = try await bench.serve(.floods(head))
            let plain = Probe.http(Probe.HTTPRequest())
            #expect(await bench.probe(plain, port: server.port) == nil)
            let searching = Probe.http(Probe.HTTPRequest(expectedBody: "never"))
            #expect(await bench.probe(searching, port: server.port) == .bodyMismatch)
            let found = Probe.http(Probe.HTTPRequest(expectedBody: "xxxxxxxx"))
            #expect(await bench.probe(found, port: server.port) == nil)
            #expect(server.sent < 64 << 20)
            let chunked = try await bench.serve(
                .floods("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n"))
            #expect(await bench.probe(searching, port: chunked.port) == .bodyMismatch)
            #expect(chunked.sent < 32 << 20)
        }
    }

    @Test("A head without end is no answer")
    func endlessHead() async throws {
        try await ProbeBench.run { bench in
            for begin in ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nx"] {
                let server = try await bench.serve(.floods(begin))
                #expect(await reason(.http(Probe.HTTPRequest()), server, bench) != nil)
                #expect(server.sent < 32 << 20)
            }
        }
    }

    @Test("Two hundred that never answer hold up nobody")
    func nobodyWaits() async throws {
        try await ProbeBench.run { bench in
            let silent = try await bench.serve(.silent)
            let good = try await bench.serve(.greets([1]))
            let probe = Probe.tcp(Probe.TCPExchange(expect: [1]))
            await withTaskGroup(of: FailureReason?.self) { tasks in
                for _ in 0..<200 {
                    tasks.addTask {
                        await bench.probeOnly(probe, port: silent.port, timeout: .seconds(300))
                    }
                }
                for _ in 0..<20 {
                    #expect(await bench.probeOnly(probe, port: good.port) == nil)
                }
                tasks.cancelAll()
                for await reason in tasks { #expect(reason == .other("the probe was broken off")) }
            }
            #expect(Sockets.open(to: bench.ip) == 0)
        }
    }

    @Test("A cancelled probe is over at once and leaves nothing open", arguments: probes)
    func cancelled(probe: Probe) async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.silent)
            let start = ContinuousClock.now
            let task = Task { await bench.probeOnly(probe, port: server.port) }
            try await bench.until("it is connected") { server.connections == 1 }
            #expect(Sockets.open(to: bench.ip) == 1)
            task.cancel()
            #expect(await task.value == .other("the probe was broken off"))
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(Sockets.open(to: bench.ip) == 0)
        }
    }

    @Test("Where no packet comes back, the deadline holds too")
    func blackHole() async throws {
        try await ProbeBench.run { bench in
            // A full queue that nobody accepts from: the kernel drops further connections.
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 0)
                .serverChannelOption(.autoRead, value: false)
                .bind(host: bench.ip.description, port: 0).get()
            let port = UInt16(listener.localAddress?.port ?? 0)
            let fillers = await withTaskGroup(of: FailureReason?.self) { tasks in
                for _ in 0..<8 {
                    tasks.addTask {
                        await bench.probeOnly(
                            .tcp(Probe.TCPExchange(expect: [1])), port: port,
                            timeout: .milliseconds(800))
                    }
                }
                return await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(fillers.allSatisfy { $0 == .timedOut })
            try await listener.close().get()
            #expect(Sockets.open(to: bench.ip) == 0)
        }
    }
}

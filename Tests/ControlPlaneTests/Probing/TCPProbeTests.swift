import Health
import Primitives
import Testing

@testable import ControlPlane

@Suite("TCP probes")
struct TCPProbeTests {
    private static func tcp(send: String = "", expect: String = "") -> Probe {
        .tcp(Probe.TCPExchange(send: Array(send.utf8), expect: Array(expect.utf8)))
    }

    @Test("An open port is a success, a closed one is refused")
    func openOrClosed() async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.silent)
            #expect(await bench.probe(Self.tcp(), port: server.port) == nil)
            await server.stop()
            #expect(await bench.probe(Self.tcp(), port: server.port) == .refused)
        }
    }

    @Test("What is to be sent arrives, and without an expectation that is enough")
    func sending() async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.silent)
            #expect(await bench.probe(Self.tcp(send: "hello\r\n"), port: server.port) == nil)
            try await bench.until("the server has read it") { server.received == "hello\r\n" }
        }
    }

    @Test("What is expected may come unasked, or as an answer, and with more around it")
    func expecting() async throws {
        try await ProbeBench.run { bench in
            let greeting = try await bench.serve(.greets(Array("220 mail ready\r\n".utf8)))
            #expect(await bench.probe(Self.tcp(expect: "220"), port: greeting.port) == nil)
            #expect(await bench.probe(Self.tcp(expect: "ready\r\n"), port: greeting.port) == nil)
            let answering = try await bench.serve(.answers("... PONG ..."))
            let ping = Self.tcp(send: "PING", expect: "PONG")
            #expect(await bench.probe(ping, port: answering.port) == nil)
            #expect(answering.received == "PING")
        }
    }

    @Test("It finds what comes one byte at a time")
    func dripping() async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.drips("PO"))
            let probe = Self.tcp(send: "PING", expect: "POxxxxx")
            #expect(await bench.probe(probe, port: server.port) == nil)
        }
    }

    @Test("Another answer, an answer cut short, or none fails, each with its reason")
    func failures() async throws {
        try await ProbeBench.run { bench in
            let probe = Self.tcp(send: "PING", expect: "PONG")
            let timeout = Duration.milliseconds(300)
            let other = try await bench.serve(.answers("PON", thenCloses: true))
            #expect(await bench.probe(probe, port: other.port) == .unexpectedAnswer)
            let cut = try await bench.serve(.closesAtOnce)
            #expect(await bench.probe(probe, port: cut.port) == .reset)
            let waiting = try await bench.serve(.answers("PON"))
            #expect(await bench.probe(probe, port: waiting.port, timeout: timeout) == .timedOut)
            let silent = try await bench.serve(.silent)
            #expect(await bench.probe(probe, port: silent.port, timeout: timeout) == .timedOut)
        }
    }

    @Test("A port of the check replaces the backend's")
    func portOfTheCheck() async throws {
        try await ProbeBench.run { bench in
            let server = try await bench.serve(.silent)
            let definition = CheckDefinition(probe: Self.tcp(), port: server.port)
            let key = CheckKey(
                address: SocketAddress(ip: bench.ip, port: 1), check: definition.id)
            guard case .success = await bench.prober.probe(key, definition) else {
                Issue.record("the probe failed")
                return
            }
        }
    }
}

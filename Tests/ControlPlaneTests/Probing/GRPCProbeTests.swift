import Health
import Testing

@testable import ControlPlane

@Suite("gRPC probes of grpcio")
struct GRPCProbeTests {
    /// Serves the health service as the gRPC project's Python library and `health.proto` have it.
    private static let program = """
        import sys
        from concurrent import futures
        from grpc_tools import protoc
        folder, address, certificate, key = sys.argv[1:5]
        include = "/usr/share/grpc-proto"
        code = protoc.main(["protoc", "-I" + include, "--python_out=" + folder,
                            "--grpc_python_out=" + folder,
                            include + "/grpc/health/v1/health.proto"])
        assert code == 0, code
        # The package `grpc` is the library's; ours extends it.
        import grpc
        grpc.__path__.append(folder + "/grpc")
        from grpc.health.v1 import health_pb2, health_pb2_grpc

        statuses = {"": health_pb2.HealthCheckResponse.SERVING,
                    "up": health_pb2.HealthCheckResponse.SERVING,
                    "down": health_pb2.HealthCheckResponse.NOT_SERVING,
                    "odd": health_pb2.HealthCheckResponse.UNKNOWN}

        class Servicer(health_pb2_grpc.HealthServicer):
            def Check(self, request, context):
                if request.service == "slow":
                    import time
                    time.sleep(5)
                if request.service not in statuses:
                    context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
                return health_pb2.HealthCheckResponse(status=statuses[request.service])

        def serve(servicer):
            server = grpc.server(futures.ThreadPoolExecutor(8))
            if servicer:
                health_pb2_grpc.add_HealthServicer_to_server(Servicer(), server)
            return server

        plain, secure, bare = serve(True), serve(True), serve(False)
        pair = (open(key, "rb").read(), open(certificate, "rb").read())
        ports = [plain.add_insecure_port(address + ":0"),
                 secure.add_secure_port(address + ":0", grpc.ssl_server_credentials([pair])),
                 bare.add_insecure_port(address + ":0")]
        for server in (plain, secure, bare):
            server.start()
        print("ports", *ports, flush=True)
        plain.wait_for_termination()
        """

    private struct Server {
        let plain: UInt16
        let secure: UInt16
        /// Without the health service.
        let bare: UInt16
        let certificates: Certificates

        init(_ bench: ProbeBench) async throws {
            certificates = try await Certificates(bench)
            let files = try await certificates.issue("grpc", names: "DNS:grpc.test")
            let script = try bench.write(GRPCProbeTests.program, to: "server.py")
            let process = try bench.start([
                "/usr/bin/python3", script, bench.folder, "\(bench.ip)", files.certificate,
                files.key,
            ])
            try await bench.until("the gRPC server has started") {
                guard process.isRunning else { throw BenchFailure(process.output) }
                return process.output.contains("ports ") && process.output.hasSuffix("\n")
            }
            let line = process.output.split(separator: "\n").last ?? ""
            let ports = line.split(separator: " ").compactMap { UInt16($0) }
            guard ports.count == 3 else { throw BenchFailure(process.output) }
            (plain, secure, bare) = (ports[0], ports[1], ports[2])
        }
    }

    @Test("Serving is the success; every other answer is a failure with its status")
    func statuses() async throws {
        try await ProbeBench.run { bench in
            let server = try await Server(bench)
            func probe(_ service: String, port: UInt16) async -> FailureReason? {
                await bench.probe(.grpc(Probe.GRPCRequest(service: service)), port: port)
            }
            #expect(await probe("", port: server.plain) == nil)
            #expect(await probe("up", port: server.plain) == nil)
            #expect(await probe("down", port: server.plain) == .notServing(.notServing))
            #expect(await probe("odd", port: server.plain) == .notServing(.unknown))
            #expect(await probe("absent", port: server.plain) == .grpcStatus(5))
            #expect(
                await probe(String(repeating: "long", count: 100), port: server.plain)
                    == .grpcStatus(5))
            #expect(await probe("", port: server.bare) == .grpcStatus(12))
            let slow = Probe.grpc(Probe.GRPCRequest(service: "slow"))
            let reason = await bench.probe(
                slow, port: server.plain, timeout: .milliseconds(500))
            #expect(reason == .timedOut)
        }
    }

    @Test("With TLS the certificate is verified")
    func tls() async throws {
        try await ProbeBench.run { bench in
            let server = try await Server(bench)
            func probe(_ tls: Probe.TLSSettings, host: String? = nil) async -> FailureReason? {
                await bench.probe(
                    .grpc(Probe.GRPCRequest(tls: tls, service: "up", host: host)),
                    port: server.secure)
            }
            let authorities = server.certificates.authority.certificate
            #expect(
                await probe(Probe.TLSSettings(serverName: "grpc.test", authorities: authorities))
                    == nil)
            #expect(
                await probe(Probe.TLSSettings(authorities: authorities), host: "grpc.test:50051")
                    == nil)
            #expect(await probe(Probe.TLSSettings(isVerified: false)) == nil)
            #expect(
                await probe(Probe.TLSSettings(serverName: "grpc.test"))
                    == .tls("certificate verify failed"))
            #expect(
                await probe(Probe.TLSSettings(serverName: "else.test", authorities: authorities))
                    == .tls("the certificate is for another name"))
        }
    }

    @Test("A server that speaks HTTP/1.1 is no gRPC server")
    func otherProtocols() async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench)
            let probe = Probe.grpc(Probe.GRPCRequest())
            #expect(await bench.probe(probe, port: nginx.plainPort) == .malformed)
        }
    }
}

import Foundation
import Health
import Testing

@testable import ControlPlane

@Suite("HTTP probes of nginx")
struct HTTPProbeTests {
    private static func http(
        _ path: String = "/health", _ change: (inout Probe.HTTPRequest) -> Void = { _ in }
    ) -> Probe {
        var request = Probe.HTTPRequest(path: path)
        change(&request)
        return .http(request)
    }

    @Test("The status decides, and no redirect is followed")
    func statuses() async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench)
            func probe(_ probe: Probe) async -> FailureReason? {
                await bench.probe(probe, port: nginx.plainPort)
            }
            #expect(await probe(Self.http()) == nil)
            #expect(await probe(Self.http("/broken")) == .status(503))
            #expect(await probe(Self.http("/missing")) == .status(404))
            #expect(await probe(Self.http("/moved")) == .status(302))
            let codes = SuccessCodes([302...302, 500...599])
            #expect(await probe(Self.http("/broken") { $0.successCodes = codes }) == nil)
            #expect(await probe(Self.http("/moved") { $0.successCodes = codes }) == nil)
            #expect(await probe(Self.http { $0.successCodes = codes }) == .status(200))
        }
    }

    @Test("Method, host, headers and user agent are what was asked for")
    func request() async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench)
            func sees(_ text: String, _ change: (inout Probe.HTTPRequest) -> Void) async -> Bool {
                let probe = Self.http("/seen") {
                    change(&$0)
                    $0.expectedBody = text
                }
                return await bench.probe(probe, port: nginx.plainPort) == nil
            }
            let address = "\(bench.ip):\(nginx.plainPort)"
            #expect(await sees("GET|\(address)|skein-check|||") { _ in })
            #expect(await sees("POST|\(address)|skein-check||0|") { $0.method = "POST" })
            #expect(
                await sees("DELETE|a.test|skein-check||||") {
                    $0.method = "DELETE"
                    $0.host = "a.test"
                })
            #expect(
                await sees("|probe/1|yes||") {
                    $0.headers = [
                        Probe.Header(name: "User-Agent", value: "probe/1"),
                        Probe.Header(name: "X-Check", value: "yes"),
                    ]
                })
            // An answer to HEAD has no body, though it may announce one.
            let head = Self.http { $0.method = "HEAD" }
            #expect(await bench.probe(head, port: nginx.plainPort) == nil)
            let bad = Self.http {
                $0.headers = [Probe.Header(name: "X-Check", value: "a\r\nHost: b")]
            }
            #expect(await bench.probe(bad, port: nginx.plainPort) != nil)
        }
    }

    @Test("An expected text must be in the body")
    func bodies() async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench)
            func probe(_ text: String) async -> FailureReason? {
                await bench.probe(
                    Self.http { $0.expectedBody = text }, port: nginx.plainPort)
            }
            #expect(await probe("all is well") == nil)
            #expect(await probe("is") == nil)
            #expect(await probe("") == nil)
            #expect(await probe("all is lost") == .bodyMismatch)
            #expect(await probe("all is well\n\n") == .bodyMismatch)
        }
    }

    @Test("A certificate is verified for its name, its time and its issuer")
    func verification() async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench)
            func probe(_ name: String?, isVerified: Bool = true, isTrusted: Bool = true) async
                -> FailureReason?
            {
                let tls = Probe.TLSSettings(
                    isVerified: isVerified, serverName: name,
                    authorities: isTrusted ? nginx.certificates.authority.certificate : nil)
                return await bench.probe(Self.http { $0.tls = tls }, port: nginx.tlsPort)
            }
            #expect(await probe("good.test") == nil)
            let invalid = FailureReason.tls("certificate verify failed")
            #expect(await probe("expired.test") == invalid)
            #expect(await probe("good.test", isTrusted: false) == invalid)
            let otherName = FailureReason.tls("the certificate is for another name")
            #expect(await probe("wrong.test") == otherName)
            // Without a name the certificate must be for the address.
            #expect(await probe(nil) == nil)
            for name in ["good.test", "expired.test", "wrong.test", nil] {
                #expect(await probe(name, isVerified: false, isTrusted: false) == nil)
            }
        }
    }

    @Test("The name that is asked for is the check's server name, or else its host")
    func serverName() async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench)
            func sees(_ text: String, host: String?, serverName: String?) async -> Bool {
                let probe = Self.http("/seen") {
                    $0.host = host
                    $0.expectedBody = text
                    $0.tls = Probe.TLSSettings(isVerified: false, serverName: serverName)
                }
                return await bench.probe(probe, port: nginx.tlsPort) == nil
            }
            #expect(
                await sees(
                    "|a.test:8443|skein-check|||a.test|", host: "a.test:8443", serverName: nil))
            #expect(
                await sees("|a.test|skein-check|||b.test|", host: "a.test", serverName: "b.test"))
            #expect(await sees("|192.0.2.1|skein-check||||", host: "192.0.2.1", serverName: nil))
        }
    }

    @Test("A client certificate is shown where one is required", arguments: [false, true])
    func clientCertificate(onlyTLS12: Bool) async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench, onlyTLS12: onlyTLS12)
            let mine = try await nginx.certificates.issue("checker", names: "DNS:checker.test")
            func probe(_ files: Probe.CertificateFiles?) async -> FailureReason? {
                let tls = Probe.TLSSettings(
                    serverName: "client.test",
                    authorities: nginx.certificates.authority.certificate,
                    clientCertificate: files)
                return await bench.probe(
                    Self.http("/seen") {
                        $0.tls = tls
                        $0.host = "client.test"
                        $0.expectedBody = "|CN=checker|"
                    }, port: nginx.tlsPort)
            }
            let files = Probe.CertificateFiles(certificate: mine.certificate, key: mine.key)
            #expect(await probe(files) == nil)
            // nginx tells those without one by HTTP.
            #expect(await probe(nil) == .status(400))
            let missing = Probe.CertificateFiles(certificate: "/nowhere.pem", key: mine.key)
            #expect(
                await probe(missing) == .tls("No such file or directory: certificate or key file"))
            let mixed = Probe.CertificateFiles(
                certificate: mine.certificate, key: nginx.certificates.authority.key)
            guard case .tls = await probe(mixed) else {
                Issue.record("a key that is another certificate's is no failure of TLS")
                return
            }
        }
    }

    @Test("Files that change are read again")
    func renewal() async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench)
            let bundle = "\(bench.folder)/bundle.pem"
            let authority = nginx.certificates.authority.certificate
            try FileManager.default.copyItem(atPath: "\(bench.folder)/other.pem", toPath: bundle)
            let probe = Self.http {
                $0.tls = Probe.TLSSettings(serverName: "good.test", authorities: bundle)
            }
            for _ in 0..<2 {
                let reason = await bench.probe(probe, port: nginx.tlsPort)
                #expect(reason == .tls("certificate verify failed"))
            }
            try FileManager.default.removeItem(atPath: bundle)
            try FileManager.default.copyItem(atPath: authority, toPath: bundle)
            #expect(await bench.probe(probe, port: nginx.tlsPort) == nil)
        }
    }

    @Test("A server that hangs in the middle of TLS is left without a good-bye")
    func hangingInTLS() async throws {
        try await ProbeBench.run { bench in
            let upstream = try await bench.serve(.silent)
            let nginx = try await NginxServer(bench, upstream: upstream.port)
            let probe = Self.http("/passed-on") { $0.tls = Probe.TLSSettings(isVerified: false) }
            let start = ContinuousClock.now
            async let reason = bench.probe(probe, port: nginx.tlsPort, timeout: .seconds(2))
            try await bench.until("the request has been passed on") { upstream.connections == 1 }
            nginx.process.send(SIGSTOP)
            #expect(await reason == .timedOut)
            // The closing alert alone would be waited for for five seconds.
            #expect(ContinuousClock.now - start < .seconds(6))
            nginx.process.send(SIGCONT)
        }
    }

    @Test("TLS where there is none, and none where there is, are told apart from silence")
    func mixedUp() async throws {
        try await ProbeBench.run { bench in
            let nginx = try await NginxServer(bench)
            let tls = Self.http { $0.tls = Probe.TLSSettings(isVerified: false) }
            #expect(
                await bench.probe(tls, port: nginx.plainPort) == .tls("wrong version number"))
            // "The plain HTTP request was sent to HTTPS port"
            #expect(await bench.probe(Self.http(), port: nginx.tlsPort) == .status(400))
        }
    }

    @Test("What is no HTTP is malformed, and an answer cut short is cut")
    func malformed() async throws {
        try await ProbeBench.run { bench in
            for text in [
                "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/9.9 200 OK\r\n\r\n", "\u{0}\u{1}\r\n\r\n",
            ] {
                let server = try await bench.serve(.answers(text))
                #expect(await bench.probe(Self.http(), port: server.port) == .malformed)
            }
            let cutHead = try await bench.serve(.answers("HTTP/1.1 200 OK\r\nX:", thenCloses: true))
            #expect(await bench.probe(Self.http(), port: cutHead.port) == .reset)
            let cutBody = try await bench.serve(
                .answers("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", thenCloses: true))
            let searching = Self.http { $0.expectedBody = "abcd" }
            #expect(await bench.probe(searching, port: cutBody.port) == .reset)
            // Without a length the end of the connection is the end of the body.
            let whole = try await bench.serve(
                .answers("HTTP/1.0 200 OK\r\n\r\nabc", thenCloses: true))
            #expect(await bench.probe(searching, port: whole.port) == .bodyMismatch)
            let early = try await bench.serve(
                .answers("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"))
            #expect(await bench.probe(Self.http(), port: early.port) == nil)
        }
    }
}

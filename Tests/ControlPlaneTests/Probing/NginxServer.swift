import Health

/// An nginx of one test, with a plain port and a TLS port that serves several names.
struct NginxServer {
    let plainPort: UInt16
    let tlsPort: UInt16
    let certificates: Certificates
    let process: ServerProcess

    /// - Parameters:
    ///   - onlyTLS12: whether the TLS port speaks TLS 1.2 only.
    ///   - upstream: the port of `bench.ip` that requests for `/passed-on` go to.
    init(_ bench: ProbeBench, onlyTLS12: Bool = false, upstream: UInt16 = 1) async throws {
        certificates = try await Certificates(bench)
        let good = try await certificates.issue("good", names: "DNS:good.test,IP:\(bench.ip)")
        let expired = try await certificates.issue("expired", names: "DNS:expired.test", days: -1)
        let other = try await certificates.issue("other", names: "DNS:other.test")
        let (plain, tls) = (try await bench.freePort(), try await bench.freePort())
        (plainPort, tlsPort) = (plain, tls)
        let locations =
            Self.locations
            + "location = /passed-on { proxy_pass http://\(bench.ip):\(upstream); }"
        func server(_ name: String, _ files: Certificates.Files, _ extra: String = "") -> String {
            """
            server {
                listen \(bench.ip):\(tls) ssl\(name == "good.test" ? " default_server" : "");
                server_name \(name);
                ssl_certificate \(files.certificate);
                ssl_certificate_key \(files.key);
                ssl_protocols \(onlyTLS12 ? "TLSv1.2" : "TLSv1.3 TLSv1.2");
                \(extra)
                \(locations)
            }
            """
        }
        let configuration = try bench.write(
            """
            daemon off;
            master_process off;
            pid \(bench.folder)/nginx.pid;
            events { worker_connections 256; }
            http {
                access_log \(bench.folder)/access;
                client_body_temp_path \(bench.folder)/temporary;
                proxy_temp_path \(bench.folder)/temporary;
                fastcgi_temp_path \(bench.folder)/temporary;
                uwsgi_temp_path \(bench.folder)/temporary;
                scgi_temp_path \(bench.folder)/temporary;
                server { listen \(bench.ip):\(plain); \(locations) }
                \(server("good.test", good))
                \(server("expired.test", expired))
                \(server("wrong.test", other))
                \(server(
                    "client.test", try await certificates.issue("client", names: "DNS:client.test"),
                    "ssl_verify_client on; "
                        + "ssl_client_certificate \(certificates.authority.certificate);"))
            }
            """, to: "nginx.conf")
        process = try bench.start([
            "/usr/sbin/nginx", "-p", bench.folder, "-c", configuration, "-e",
            "\(bench.folder)/error",
        ])
        try await bench.until("nginx answers") { [process] in
            guard process.isRunning else { throw BenchFailure("nginx: \(process.output)") }
            return await bench.probeOnly(.tcp(Probe.TCPExchange()), port: plain) == nil
        }
    }

    private static let locations = """
        location = /health { return 200 "all is well\\n"; }
        location = /broken { return 503; }
        location = /moved { return 302 /health; }
        location = /seen { return 200 "$request_method|$http_host|$http_user_agent|$http_x_check|$content_length|$ssl_server_name|$ssl_client_s_dn|"; }
        """
}

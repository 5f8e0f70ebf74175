import Foundation

/// An nginx of the test's own: serves files, takes uploads, and logs every request.
final class NginxBackend: Sendable {
    let endpoint: Endpoint
    let process: RunningProcess
    /// What it serves; uploads to `/upload/NAME` land in `upload/NAME`.
    let documents: String
    private let accessLog: String

    fileprivate init(stage: Stage, endpoint: Endpoint?, name: String, ipv6: Bool) throws {
        let folder = stage.freshPath(name)
        let files = FileManager.default
        for part in ["documents/upload", "logs"] {
            try files.createDirectory(
                atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
        }
        documents = "\(folder)/documents"
        accessLog = "\(folder)/logs/access"
        let endpoint = try endpoint ?? .fresh()
        self.endpoint = endpoint
        try Self.configuration(endpoint, name: name, ipv6: ipv6).write(
            toFile: "\(folder)/nginx.conf", atomically: false, encoding: .utf8)
        process = try stage.start(
            "/usr/sbin/nginx", ["-p", folder, "-c", "nginx.conf", "-e", "logs/error"])
    }

    private static func configuration(_ endpoint: Endpoint, name: String, ipv6: Bool) -> String {
        """
        daemon off;
        master_process off;
        pid logs/pid;
        events { worker_connections 2048; }
        http {
            log_format seen '$connection $request_method $request_uri $status $request_length';
            access_log logs/access seen;
            client_body_temp_path temporary;
            proxy_temp_path temporary;
            fastcgi_temp_path temporary;
            uwsgi_temp_path temporary;
            scgi_temp_path temporary;
            keepalive_requests 1000000;
            sendfile on;
            types { text/html html; }
            server {
                listen \(endpoint);
                \(ipv6 ? "listen [::1]:\(endpoint.port);" : "")
                root documents;
                client_max_body_size 0;
                client_body_buffer_size 256k;
                large_client_header_buffers 4 32k;
                location = /name { return 200 "\(name)\\n"; }
                location = /host { return 200 "$http_host $http_x_forwarded_for\\n"; }
                location /parts/ { ssi on; }
                location /upload/ { dav_methods PUT; client_body_in_file_only clean; }
                location = /post { return 200 "$request_method $content_length\\n"; }
            }
        }

        """
    }

    /// One line a request: connection number, method, target, status, bytes of the request.
    var requests: [[Substring]] {
        let data = FileManager.default.contents(atPath: accessLog) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: " ") }
    }

    /// How many connections carried requests whose target begins so.
    func connectionCount(for target: String) -> Int {
        Set(requests.filter { $0[2].hasPrefix(target) }.map { $0[0] }).count
    }

    func write(_ text: String, to name: String) throws {
        let path = "\(documents)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }
}

extension Stage {
    /// Starts nginx and waits until it accepts connections.
    ///
    /// - Parameter ipv6: whether it listens on the same port of `::1`, too.
    func startNginx(
        at endpoint: Endpoint? = nil, named name: String = "nginx", ipv6: Bool = false
    ) async throws -> NginxBackend {
        let backend = try NginxBackend(
            stage: self, endpoint: endpoint, name: name, ipv6: ipv6)
        try await until("nginx accepts connections") {
            guard backend.process.isRunning else {
                throw Failure("nginx: \(backend.process.errorOutput)")
            }
            return (try? await RawClient.connect(to: backend.endpoint)) != nil
        }
        return backend
    }

    /// Runs `curl` with arguments; progress is not shown, errors are.
    func curl(_ arguments: String..., within limit: Duration = .seconds(30)) async throws
        -> Finished
    {
        try await run("curl", ["--silent", "--show-error"] + arguments, within: limit)
    }
}

/// A certificate authority of one test and what it issued.
struct Certificates {
    struct Files {
        let certificate: String
        let key: String
    }

    let authority: Files
    private let bench: ProbeBench

    init(_ bench: ProbeBench) async throws {
        self.bench = bench
        authority = Files(
            certificate: "\(bench.folder)/ca.pem", key: "\(bench.folder)/ca.key")
        try await bench.run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", authority.key, "-out",
            authority.certificate, "-subj", "/CN=Test CA", "-days", "2",
        ])
    }

    /// Issues a certificate.
    ///
    /// - Parameters:
    ///   - names: the subject's alternative names, such as `DNS:a.test` or `IP:127.0.0.1`.
    ///   - days: how long it is valid from now on; negative for one that has expired.
    func issue(_ file: String, names: String, days: Int = 2) async throws -> Files {
        let base = "\(bench.folder)/\(file)"
        try await bench.run([
            "/usr/bin/openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", "\(base).key", "-out", "\(base).csr", "-subj", "/CN=\(file)",
            "-addext", "subjectAltName=\(names)",
        ])
        try await bench.run([
            "/usr/bin/openssl", "x509", "-req", "-in", "\(base).csr", "-CA",
            authority.certificate, "-CAkey", authority.key, "-CAcreateserial", "-out",
            "\(base).pem", "-days", "\(days)", "-copy_extensions", "copy",
        ])
        return Files(certificate: "\(base).pem", key: "\(base).key")
    }
}

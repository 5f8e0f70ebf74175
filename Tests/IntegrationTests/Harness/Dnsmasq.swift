import Foundation

/// A dnsmasq of the test's own, which knows what stands in its hosts file.
final class Dnsmasq: Sendable {
    let endpoint: Endpoint
    private let process: RunningProcess
    private let hosts: String

    fileprivate init(stage: Stage, hosts text: String) throws {
        endpoint = try .fresh(.datagram)
        hosts = try stage.write(text, named: "hosts")
        let lines = [
            "listen-address=\(endpoint.host)", "port=\(endpoint.port)", "bind-interfaces",
            "no-resolv", "no-hosts", "no-poll", "addn-hosts=\(hosts)",
            "pid-file=\(stage.freshPath("dnsmasq.pid"))", "user=\(NSUserName())", "local=/test/",
        ]
        let configuration = try stage.write(
            lines.joined(separator: "\n") + "\n", named: "dnsmasq.conf")
        process = try stage.start(
            "/usr/sbin/dnsmasq", ["--keep-in-foreground", "-C", configuration])
    }

    /// Has it know other hosts from now on.
    func replaceHosts(_ text: String) throws {
        try text.write(toFile: hosts, atomically: false, encoding: .utf8)
        process.send(SIGHUP)
    }

    /// Ends it; nobody answers at its address then.
    func stop() async { await process.stop() }
}

extension Stage {
    /// - Parameter hosts: lines as in `/etc/hosts`.
    func startDnsmasq(hosts: String) throws -> Dnsmasq { try Dnsmasq(stage: self, hosts: hosts) }
}

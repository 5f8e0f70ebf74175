import DNSCodec
import Foundation
import Primitives
import Synchronization
import Testing

@testable import ControlPlane

/// A real name server of the test's own, on a loopback address and port of its own.
///
/// scripts/test installs the programs.
final class NameServerProcess: Sendable {
    let address: Primitives.SocketAddress
    private let folder: String
    private let program: String
    private let arguments: [String]
    private let child = Mutex<pid_t?>(nil)

    private init(
        _ program: String, _ arguments: [String], at address: Primitives.SocketAddress,
        in folder: String
    ) throws {
        self.program = program
        self.arguments = arguments
        self.address = address
        self.folder = folder
    }

    private static func freshAddress() throws -> Primitives.SocketAddress {
        let host = LoopbackHost.fresh()
        return Sample.address("\(host):\(try LoopbackHost.freePort(of: host))")
    }

    /// Runs an unbound that is the authority for the zone `test`, with these records.
    static func unbound<Result>(
        zone: String, _ body: (NameServerProcess) async throws -> Result
    ) async throws -> Result {
        try await withFolder { folder in
            let address = try freshAddress()
            try ControlPlaneTests.write(
                """
                server:
                  directory: "\(folder)"
                  chroot: ""
                  username: ""
                  pidfile: "\(folder)/pid"
                  logfile: "\(folder)/log"
                  use-syslog: no
                  do-daemonize: no
                  interface: \(address.ip)@\(address.port)
                  access-control: 127.0.0.0/8 allow
                  num-threads: 1
                  local-zone: "test." nodefault
                  module-config: "iterator"
                auth-zone:
                  name: "test"
                  zonefile: "\(folder)/zone"
                  for-downstream: yes
                  for-upstream: no
                  fallback-enabled: no
                remote-control:
                  control-enable: no

                """, to: "\(folder)/configuration")
            let server = try NameServerProcess(
                "/usr/sbin/unbound", ["-d", "-c", "\(folder)/configuration"], at: address,
                in: folder)
            try server.write(zone: zone)
            return try await server.running(body)
        }
    }

    /// Runs a dnsmasq with these lines of configuration and this file in the form of /etc/hosts.
    static func dnsmasq<Result>(
        hosts: String, _ lines: [String], _ body: (NameServerProcess) async throws -> Result
    ) async throws -> Result {
        try await withFolder { folder in
            let address = try freshAddress()
            let fixed = [
                "listen-address=\(address.ip)", "port=\(address.port)", "bind-interfaces",
                "no-resolv", "no-hosts", "no-poll", "addn-hosts=\(folder)/hosts",
                "pid-file=\(folder)/pid", "user=\(NSUserName())", "local=/test/",
                "host-record=ready.test,192.0.2.254",
            ]
            try ControlPlaneTests.write(
                (fixed + lines).joined(separator: "\n") + "\n", to: "\(folder)/configuration")
            let server = try NameServerProcess(
                "/usr/sbin/dnsmasq", ["--keep-in-foreground", "-C", "\(folder)/configuration"],
                at: address, in: folder)
            try server.write(hosts: hosts)
            return try await server.running(body)
        }
    }

    /// Replaces the zone of an unbound, which takes it over when it starts or is told to `reload`.
    func write(zone: String) throws {
        try ControlPlaneTests.write(
            """
            $ORIGIN test.
            @ 60 IN SOA ns.test. admin.test. 1 3600 600 86400 7
            @ 60 IN NS ns.test.
            ns 60 IN A \(address.ip)
            ready 60 IN A 192.0.2.254
            \(zone)

            """, to: "\(folder)/zone")
    }

    /// Replaces the hosts of a dnsmasq.
    func write(hosts: String) throws {
        try ControlPlaneTests.write(hosts, to: "\(folder)/hosts")
    }

    func reload() { send(SIGHUP) }

    func kill() {
        send(SIGKILL)
        child.withLock { child in
            if let pid = child { waitpid(pid, nil, 0) }
            child = nil
        }
    }

    private func send(_ signal: CInt) {
        child.withLock { if let pid = $0 { Foundation.kill(pid, signal) } }
    }

    /// Starts the program and waits until it answers.
    func start() async throws {
        try spawn()
        let resolver = Resolver(servers: [address], group: testGroup)
        do {
            try await until("\(program) answers") {
                (try? await resolver.resolve("ready.test.", .a)) != nil
            }
        } catch {
            throw Failure("\(error)\n\(log)")
        }
    }

    private func spawn() throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/output", flags, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads that tests run on block signals, which a child would inherit.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var vector = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in vector { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, &attributes, &vector, environ)
        guard code == 0 else {
            throw Failure("cannot start \(program): \(String(cString: strerror(code)))")
        }
        child.withLock { $0 = pid }
    }

    private var log: String {
        ["output", "log"].compactMap {
            try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
        .joined(separator: "\n")
    }

    private func running<Result>(
        _ body: (NameServerProcess) async throws -> Result
    ) async throws -> Result {
        defer { kill() }
        try await start()
        return try await body(self)
    }
}

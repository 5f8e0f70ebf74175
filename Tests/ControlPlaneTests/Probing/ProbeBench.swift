import Foundation
import Health
import Linux
import NIOPosix
import Primitives
import Synchronization
import Testing

@testable import ControlPlane

/// What one test of probes needs: a prober, an address, a folder, and servers; all of it is gone
/// when the test ends.
final class ProbeBench: Sendable {
    /// An address of the loopback network that no other test has.
    let ip: IPAddress
    /// A folder that every user can read.
    let folder: String
    let prober: Prober
    private let processes = Mutex<[ServerProcess]>([])
    private let servers = Mutex<[ScriptedServer]>([])

    private static let count = Atomic<UInt32>(0)

    private init(allowsExec: Bool) throws {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        let process = UInt32(getpid())
        ip = IPAddress(
            ipv4: 127 << 24 | (64 + process % 64) << 16 | (number & 0xFF) << 8 | ((number >> 8) + 1)
        )
        folder = "/tmp/skein-probing-\(process)-\(number)"
        prober = Prober(group: MultiThreadedEventLoopGroup.singleton, allowsExec: allowsExec)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
    }

    /// How many tests may keep the machine busy at a time: their deadlines are real.
    private static let room = CommandSlots(count: 3)

    static func run(
        allowsExec: Bool = false, _ body: (ProbeBench) async throws -> Void
    ) async throws {
        guard await room.take(within: .seconds(600)) else { throw BenchFailure("no room") }
        defer { room.giveBack() }
        let bench = try ProbeBench(allowsExec: allowsExec)
        do {
            try await body(bench)
        } catch {
            await bench.cleanUp()
            throw error
        }
        await bench.cleanUp()
    }

    private func cleanUp() async {
        await prober.shutdown()
        for server in servers.withLock({ $0 }) { await server.stop() }
        for process in processes.withLock({ $0 }) { await process.stop() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: Probes

    /// Probes a port of `ip`; nil for a success. The connection must be closed afterwards.
    func probe(
        _ probe: Probe, port: UInt16, timeout: Duration = .seconds(10),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async -> FailureReason? {
        let result = await probeOnly(probe, port: port, timeout: timeout)
        #expect(Sockets.open(to: ip) == 0, sourceLocation: sourceLocation)
        return result
    }

    /// Like `probe`, for several at a time.
    func probeOnly(
        _ probe: Probe, port: UInt16, timeout: Duration = .seconds(10)
    ) async -> FailureReason? {
        let definition = CheckDefinition(probe: probe, timing: CheckTiming(timeout: timeout))
        let key = CheckKey(address: SocketAddress(ip: ip, port: port), check: definition.id)
        switch await prober.probe(key, definition) {
        case .success(let latency):
            #expect(latency > .zero && latency < timeout)
            return nil
        case .failure(let reason): return reason
        }
    }

    // MARK: Servers

    /// A port of `ip` that is free, as far as one can tell.
    func freePort() async throws -> UInt16 {
        let server = try await ScriptedServer(ip: ip, .silent)
        let port = server.port
        await server.stop()
        return port
    }

    func serve(_ script: Script) async throws -> ScriptedServer {
        let server = try await ScriptedServer(ip: ip, script)
        servers.withLock { $0.append(server) }
        return server
    }

    /// Starts a program that ends with the test.
    func start(_ arguments: [String]) throws -> ServerProcess {
        let count = processes.withLock { $0.count }
        let process = try ServerProcess(arguments, output: "\(folder)/output-\(count)")
        processes.withLock { $0.append(process) }
        return process
    }

    /// Runs a program to its end, which must be a good one.
    func run(_ arguments: [String]) async throws {
        let process = try start(arguments)
        let status = await process.waitForEnd()
        guard status == 0 else {
            throw BenchFailure("\(arguments.joined(separator: " ")): \(process.output)")
        }
    }

    func write(_ text: String, to name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    /// Asks until `condition` holds.
    func until(
        _ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < end else { throw BenchFailure("waited too long: \(what)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The sockets of this process.
enum Sockets {
    /// How many descriptors of this process are connections to `ip`, open or half open.
    static func open(to ip: IPAddress) -> Int {
        let files = FileManager.default
        let numbers = (try? files.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        let links = Set(
            numbers.compactMap {
                try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
            })
        let bytes = (try? SmallFile.read("/proc/self/net/tcp", bytesMax: 4 << 20)) ?? []
        let table = String(decoding: bytes, as: UTF8.self)
        let remote = String(UInt32(truncatingIfNeeded: ip.low).byteSwapped, radix: 16).uppercased()
        return table.split(separator: "\n").dropFirst().count { line in
            let fields = line.split(separator: " ")
            return fields.count > 9 && fields[2].hasPrefix("\(padded(remote)):")
                && links.contains("socket:[\(fields[9])]")
        }
    }

    private static func padded(_ digits: String) -> String {
        String(repeating: "0", count: 8 - digits.count) + digits
    }
}

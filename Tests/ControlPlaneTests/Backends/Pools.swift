import Health
import Primitives
import Wire

@testable import ConfigurationFile
@testable import ControlPlane

/// Pools and backends to test with.
enum Pools {
    /// `10.0.x.y:80`, in the order of the numbers.
    static func address(_ number: Int) -> SocketAddress {
        SocketAddress(ip: IPAddress(ipv4: 0x0A00_0000 + UInt32(number)), port: 80)
    }

    static func key(_ number: Int, in pool: String = "api") -> BackendKey {
        BackendKey(pool: pool, address: address(number))
    }

    static func backend(
        _ number: Int, weight: Int = 1, isBackup: Bool = false, maxConnections: Int? = nil,
        state: Configuration.Backend.State = .ready
    ) -> Configuration.Backend {
        Configuration.Backend(
            address: address(number), weight: weight, isBackup: isBackup,
            maxConnections: maxConnections, state: state)
    }

    static func pool(
        _ name: String = "api", _ backends: [Configuration.Backend] = [], sources: Int = 0,
        balance: Configuration.Balance.Algorithm = .roundRobin
    ) -> Configuration.Pool {
        Configuration.Pool(
            name: name, balance: Configuration.Balance(algorithm: balance), backends: backends,
            discover: (0..<sources).map { .file(path: "/source-\($0)") },
            timeouts: Configuration.PoolTimeouts(connect: .seconds(5), server: .seconds(50)),
            keepAlive: Configuration.KeepAlive(connections: 32, idle: .seconds(60)))
    }

    /// A pool whose backends are checked by TCP every ten seconds, up after two successes and down
    /// after three failures.
    static func checked(
        _ name: String = "api", verdict: VerdictRule = .majority,
        observers: Configuration.Observers = .usual
    ) -> Configuration.Pool {
        var pool = pool(name)
        pool.health = Configuration.HealthCheck(
            check: CheckDefinition(
                probe: .tcp(Probe.TCPExchange()), timing: CheckTiming(interval: .seconds(10))),
            verdict: verdict, observers: observers)
        return pool
    }

    static func told(_ number: Int, in pool: String = "api") -> SharedBackend {
        SharedBackend(pool: pool, address: address(number))
    }

    static func registered(_ number: Int, in pool: String = "api") -> SharedBackend {
        var backend = told(number, in: pool)
        backend.isRegistered = true
        return backend
    }
}

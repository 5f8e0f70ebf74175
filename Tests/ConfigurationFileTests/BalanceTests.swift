import Primitives
import Testing

@testable import ConfigurationFile

/// How a pool chooses among its backends, and what it is told of each.
@Suite("Balance")
struct BalanceTests {
    private static let address = "backends: [{ address: 192.0.2.1:80 }]"

    private static func pool(_ keys: String, listener: String) throws -> Configuration.Pool {
        let yaml = file(listener: #"bind: ":80", protocol: \#(listener)"#, pool: keys)
        let checked = try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
        #expect(checked.warnings == [])
        return checked.value.shared.pools[0]
    }

    @Test(
        "An algorithm is a word, or a mapping with options",
        arguments: [
            ("round-robin", "http", Configuration.Balance(algorithm: .roundRobin)),
            ("weighted", "http", Configuration.Balance(algorithm: .roundRobin)),
            ("weighted-blocks", "http", Configuration.Balance(algorithm: .weightedBlocks)),
            ("least-connections", "tcp", Configuration.Balance(algorithm: .leastConnections)),
            ("ip-hash", "tcp", Configuration.Balance(algorithm: .ipHash)),
            ("consistent-hash", "tcp", Configuration.Balance(algorithm: .consistentHash)),
            ("least-response-time", "http", Configuration.Balance(algorithm: .leastResponseTime)),
            ("random", "http", Configuration.Balance(algorithm: .random)),
            ("power-of-two", "http", Configuration.Balance(algorithm: .powerOfTwo)),
            ("{ algorithm: random }", "http", Configuration.Balance(algorithm: .random)),
            (
                "{ algorithm: ip-hash, ipv6-prefix: 56 }", "http",
                Configuration.Balance(algorithm: .ipHash, ipv6Prefix: 56)
            ),
            (
                "{ algorithm: consistent-hash, hash-on: address, ipv6-prefix: 128 }", "tcp",
                Configuration.Balance(algorithm: .consistentHash, ipv6Prefix: 128)
            ),
            (
                "{ algorithm: consistent-hash, hash-on: header, name: X-User }", "http",
                Configuration.Balance(algorithm: .consistentHash, hashOn: .header("X-User"))
            ),
            (
                "{ algorithm: consistent-hash, hash-on: cookie, name: c, balance-factor: 150 }",
                "http",
                Configuration.Balance(
                    algorithm: .consistentHash, hashOn: .cookie("c"), balanceFactor: 150)
            ),
            (
                "{ algorithm: consistent-hash, hash-on: path }", "http",
                Configuration.Balance(algorithm: .consistentHash, hashOn: .path)
            ),
            (
                "{ algorithm: consistent-hash, hash-on: sni }", "tls-passthrough",
                Configuration.Balance(algorithm: .consistentHash, hashOn: .sni)
            ),
        ])
    func algorithms(text: String, listener: String, expected: Configuration.Balance) throws {
        let pool = try Self.pool("\(Self.address), balance: \(text)", listener: listener)
        #expect(pool.balance == expected)
    }

    @Test(
        "Options refused",
        arguments: [
            (
                "fastest",
                "6:64: balance: 'fastest' is none of round-robin, weighted-blocks, "
                    + "least-connections, ip-hash, consistent-hash, least-response-time, random, "
                    + "power-of-two, weighted"
            ),
            (
                "least-conections",
                "6:64: balance: 'least-conections' is none of round-robin, weighted-blocks, "
                    + "least-connections, ip-hash, consistent-hash, least-response-time, random, "
                    + "power-of-two, weighted; did you mean 'least-connections'?"
            ),
            ("{}", "6:64: 'algorithm' is missing: how a backend is chosen"),
            (
                "{ algorithm: random, hash-on: path }",
                "6:85: 'hash-on' is for balancing with algorithm consistent-hash"
            ),
            (
                "{ algorithm: ip-hash, balance-factor: 150 }",
                "6:86: 'balance-factor' is for balancing with algorithm consistent-hash"
            ),
            (
                "{ algorithm: least-connections, ipv6-prefix: 64 }",
                "6:96: 'ipv6-prefix' is for balancing with algorithm ip-hash or consistent-hash"
            ),
            (
                "{ algorithm: consistent-hash, hash-on: header }",
                "6:64: 'name' is missing: the header or cookie that is hashed"
            ),
            (
                "{ algorithm: consistent-hash, name: a }",
                "6:94: 'name' is for hashing with hash-on header or cookie"
            ),
            (
                "{ algorithm: consistent-hash, hash-on: header, name: 'a b' }",
                "6:117: name: 'a b' is no name here: 1 to 64 letters, digits and !#$%&'*+-.^_`|~"
            ),
            // What is hashed is not known, so the name is not held against it.
            (
                "{ algorithm: consistent-hash, hash-on: heder, name: a }",
                "6:103: hash-on: 'heder' is none of address, header, cookie, path, sni; did you "
                    + "mean 'header'?"
            ),
            (
                "{ algorithm: consistent-hash, hash-on: path, ipv6-prefix: 64 }",
                "6:109: 'ipv6-prefix' is for hashing with hash-on address"
            ),
            (
                "{ algorithm: consistent-hash, balance-factor: 100 }",
                "6:110: balance-factor: '100' is no whole number from 101 to 10000"
            ),
            (
                "{ algorithm: ip-hash, ipv6-prefix: 0 }",
                "6:99: ipv6-prefix: '0' is no whole number from 1 to 128"
            ),
            (
                "{ algorithm: ip-hash, ipv6-prefix: 129 }",
                "6:99: ipv6-prefix: '129' is no whole number from 1 to 128"
            ),
            ("[random]", "6:64: balance: expected one of round-robin, weighted-blocks, "),
            ("", "6:55: balance: expected one of round-robin, weighted-blocks, "),
        ])
    func refused(balance: String, expected: String) {
        let found = findings(file(pool: "\(Self.address), balance: \(balance)"))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(expected) == true, "\(found)")
    }

    @Test(
        "A backend has a weight and a state within limits",
        arguments: [
            ("weight: 0", Configuration.Backend(address: .example, weight: 0)),
            ("weight: 256", Configuration.Backend(address: .example, weight: 256)),
            ("backup: true", Configuration.Backend(address: .example, isBackup: true)),
            (
                "max-connections: 1000000",
                Configuration.Backend(address: .example, maxConnections: 1_000_000)
            ),
            ("state: ready", Configuration.Backend(address: .example)),
            ("state: drain", Configuration.Backend(address: .example, state: .drain)),
            (
                "state: maintenance", Configuration.Backend(address: .example, state: .maintenance)
            ),
        ])
    func backends(keys: String, expected: Configuration.Backend) throws {
        let other = "{ address: 192.0.2.2:80 }"
        let pool = try Self.pool(
            "backends: [{ address: 192.0.2.1:80, \(keys) }, \(other)]", listener: "http")
        #expect(pool.backends[0] == expected)
    }

    @Test(
        "Backends refused",
        arguments: [
            ("weight: -1", "weight: '-1' is no whole number from 0 to 256"),
            ("weight: 257", "weight: '257' is no whole number from 0 to 256"),
            ("weight: 1.5", "weight: '1.5' is no whole number from 0 to 256"),
            ("weight: 1e2", "weight: '1e2' is no whole number from 0 to 256"),
            (
                "weight: 99999999999999999999",
                "weight: '99999999999999999999' is no whole number from 0 to 256"
            ),
            ("weight: heavy", "weight: 'heavy' is no whole number from 0 to 256"),
            ("weight:", "weight: expected a number, found nothing"),
            ("backup: yes", "backup: 'yes' is neither true nor false"),
            ("max-connections: 0", "max-connections: '0' is no whole number from 1 to 1000000"),
            (
                "state: drian",
                "state: 'drian' is none of ready, drain, maintenance; did you mean 'drain'?"
            ),
        ])
    func backendsRefused(keys: String, expected: String) {
        let found = findings(file(pool: "backends: [{ address: 192.0.2.1:80, \(keys) }]"))
        #expect(found.map { $0.drop { $0 != " " }.dropFirst() } == [expected[...]])
    }

    @Test(
        "A pool of which no backend takes new traffic is a warning",
        arguments: ["weight: 0", "state: drain", "state: maintenance"])
    func idle(keys: String) {
        #expect(
            findings(file(pool: "backends: [{ address: 192.0.2.1:80, \(keys) }]")) == [
                "6:26: warning: no backend of this pool takes new traffic: each has weight 0, or a "
                    + "state that is not ready"
            ])
    }
}

extension SocketAddress {
    fileprivate static let example = SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 80)
}

import Health
import Primitives
import Testing

@testable import ConfigurationFile

@Suite("Configuration")
struct ModelTests {
    @Test("Whatever is left out has its documented default")
    func defaults() throws {
        let checked = try Configuration.parse(
            yaml: """
                listeners: [{ name: l, bind: ":80", protocol: http, pool: p }]
                pools:
                  - name: p
                    backends: [{ address: 192.0.2.1:80 }]
                    health: { protocol: http }
                """, file: "f", hostName: "host")
        let expected = Configuration(
            cluster: "skein",
            node: Configuration.Node(
                name: "host", workers: .auto, gossip: nil,
                admin: Configuration.Admin(socket: "/run/skein/admin.sock"),
                state: "/var/lib/skein", maxConnections: 10_000),
            shared: SharedPart(
                listeners: [
                    Configuration.Listener(
                        name: "l", bind: [SocketAddress(ip: .anyIPv4, port: 80)], protocol: .http,
                        pool: "p",
                        timeouts: Configuration.ListenerTimeouts(
                            client: .seconds(50), requestHeader: .seconds(50), idle: .seconds(50)))
                ],
                pools: [
                    Configuration.Pool(
                        name: "p", balance: Configuration.Balance(algorithm: .roundRobin),
                        backends: [
                            Configuration.Backend(
                                address: SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 80))
                        ],
                        timeouts: Configuration.PoolTimeouts(
                            connect: .seconds(5), server: .seconds(50)),
                        health: Configuration.HealthCheck(
                            check: CheckDefinition(
                                probe: .http(Probe.HTTPRequest()), port: nil,
                                timing: CheckTiming(
                                    interval: .seconds(30), fastInterval: .seconds(30),
                                    timeout: .seconds(5), healthyThreshold: 2,
                                    unhealthyThreshold: 3)),
                            verdict: .majority, observers: .count(3)),
                        passive: nil,
                        keepAlive: Configuration.KeepAlive(connections: 64, idle: .seconds(60)),
                        queue: Configuration.Queue(size: 1_000, timeout: .seconds(10)),
                        slowStart: .zero, panicThreshold: 0, sticky: nil)
                ]))
        #expect(checked.value == expected)
        #expect(checked.warnings == [])
    }

    @Test("Every key arrives where it belongs")
    func everyKey() throws {
        let checked = try Configuration.parse(
            yaml: """
                cluster: c
                node:
                  name: n
                  workers: 3
                  max-connections: 7
                  allow-exec-checks: true
                  sticky-key: y
                  state: s
                  gossip:
                    bind: ":1"
                    join: [10.0.0.2:2, "[::3]:3"]
                    keys: k
                    advertise: 10.0.0.4:4
                  admin: { socket: a }
                listeners:
                  - name: l
                    bind: [10.0.0.5:5, "*:6"]
                    protocol: http
                    pool: p
                    timeouts: { client: 1s, request-header: 2s, idle: 3s }
                  - { name: t, bind: ":7", protocol: http, pool: p, timeouts: { client: 4s } }
                  - { name: s, bind: ":443", protocol: tls-passthrough, pool: q }
                pools:
                  - name: p
                    balance: least-connections
                    backends:
                      - address: 10.0.0.8:8
                        weight: 256
                        backup: true
                        max-connections: 9
                        state: drain
                      - address: "[::9]:9"
                    registration: true
                    queue: { size: 13, timeout: 14s }
                    slow-start: 15s
                    panic-threshold: 16
                    timeouts: { connect: 5s, server: 6s }
                    keep-alive: { connections: 0, idle: 7s }
                    health:
                      protocol: http
                      port: 10
                      path: /h?a=b
                      host: example.com:80
                      method: POST
                      headers: { X-Probe: skein, Accept: text/plain }
                      expected-body: fine
                      interval: 8s
                      fast-interval: 1s
                      timeout: 4s
                      initial-delay: 3s
                      jitter: 2s
                      healthy-threshold: 11
                      unhealthy-threshold: 12
                      success-codes: [200-299, 304]
                      verdict: any
                      observers: all
                    passive:
                      consecutive-failures: 17
                      error-share: 18
                      minimum-requests: 19
                      window: 20s
                      ejection: 21s
                      max-ejection: 22s
                      max-ejected: 23
                      eject-on-refused: false
                      server-errors: false
                    sticky: { cookie: C }
                  - { name: q, backends: [{ address: 10.0.0.9:9 }] }
                """, file: "f", hostName: "host")
        #expect(checked.warnings == [])
        let value = checked.value
        #expect(value.cluster == "c")
        #expect(value.node.name == "n")
        #expect(value.node.workers == .count(3))
        #expect(value.node.maxConnections == 7)
        #expect(value.node.state == "s")
        #expect(value.node.allowsExecChecks)
        #expect(value.node.stickyKey == "y")
        #expect(value.node.admin.socket == "a")
        let gossip = try #require(value.node.gossip)
        #expect(gossip.bind.description == "0.0.0.0:1")
        #expect(gossip.join.map(\.description) == ["10.0.0.2:2", "[::3]:3"])
        #expect(gossip.keys == "k")
        #expect(gossip.advertise?.description == "10.0.0.4:4")
        let listeners = value.shared.listeners
        #expect(listeners.map(\.name) == ["l", "t", "s"])
        #expect(listeners[0].bind.map(\.description) == ["10.0.0.5:5", "0.0.0.0:6"])
        #expect(listeners.map(\.protocol) == [.http, .http, .tlsPassthrough])
        #expect(listeners[0].timeouts.client == .seconds(1))
        #expect(listeners[0].timeouts.requestHeader == .seconds(2))
        #expect(listeners[0].timeouts.idle == .seconds(3))
        // What is left out follows `client`.
        #expect(listeners[1].timeouts.idle == .seconds(4))
        let pool = value.shared.pools[0]
        #expect(pool.balance == Configuration.Balance(algorithm: .leastConnections))
        #expect(
            pool.backends[0]
                == Configuration.Backend(
                    address: pool.backends[0].address, weight: 256, isBackup: true,
                    maxConnections: 9, state: .drain))
        #expect(pool.backends[1] == Configuration.Backend(address: pool.backends[1].address))
        #expect(pool.allowsRegistration)
        #expect(pool.queue == Configuration.Queue(size: 13, timeout: .seconds(14)))
        #expect(pool.slowStart == .seconds(15) && pool.panicThreshold == 16)
        #expect(pool.backends.map(\.address.description) == ["10.0.0.8:8", "[::9]:9"])
        #expect(pool.timeouts.connect == .seconds(5) && pool.timeouts.server == .seconds(6))
        #expect(pool.keepAlive.connections == 0 && pool.keepAlive.idle == .seconds(7))
        let expected = CheckDefinition(
            probe: .http(
                Probe.HTTPRequest(
                    method: "POST", path: "/h?a=b", host: "example.com:80",
                    headers: [
                        Probe.Header(name: "X-Probe", value: "skein"),
                        Probe.Header(name: "Accept", value: "text/plain"),
                    ],
                    successCodes: SuccessCodes([200...299, 304...304]), expectedBody: "fine")),
            port: 10,
            timing: CheckTiming(
                interval: .seconds(8), fastInterval: .seconds(1), timeout: .seconds(4),
                healthyThreshold: 11, unhealthyThreshold: 12, initialDelay: .seconds(3),
                jitter: .seconds(2)))
        #expect(pool.health?.check == expected)
        #expect(pool.health?.verdict == .any)
        #expect(pool.health?.observers == .all)
        let passive = PassiveDefinition(
            consecutiveFailures: 17, errorShare: 0.18, minimumRequests: 19, window: .seconds(20),
            baseEjection: .seconds(21), maxEjection: .seconds(22), maxEjectedShare: 23,
            ejectsOnRefused: false, countsServerErrors: false)
        #expect(pool.passive == passive)
        guard case .cookie(let cookie) = pool.sticky else {
            Issue.record("no sticky cookie")
            return
        }
        #expect(cookie.name == "C")
    }

    @Test(
        "A section without anything in it is one with all its defaults",
        arguments: ["node:", "node: {}", "node: { admin: }", "node: { admin: {} }", "listeners:"])
    func emptySections(yaml: String) throws {
        let checked = try Configuration.parse(yaml: yaml, file: "f", hostName: "host")
        let plain = try Configuration.parse(yaml: "cluster: skein", file: "f", hostName: "host")
        #expect(checked.value == plain.value)
    }
}

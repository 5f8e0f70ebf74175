// swift-tools-version: 6.2
import PackageDescription

let base: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Every target is compiled like this, but for one.
let common = base + [.enableUpcomingFeature("MemberImportVisibility")]

/// Debug builds optimise pure code, with its assertions on: sweeps over many seeds run in the tests.
let optimized: [SwiftSetting] = [
    .unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))
]

/// No sockets, clocks, randomness or `async`: input and `now` go in, effects come out.
func pure(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies,
        swiftSettings: common + optimized + [.strictMemorySafety()])
}

/// Whatever touches the world.
func shell(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: common)
}

/// `Tests/NameTests`, which mirrors `Sources/Name`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
        swiftSettings: common)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(
    name: "AsyncHTTPClient", package: "async-http-client")
let atomics = Target.Dependency.product(name: "Atomics", package: "swift-atomics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let http2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let hpack = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(
    name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "skein",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-atomics.git", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1",
            traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    // In reading order: every target imports only from those above it.
    targets: [
        pure("Primitives"),
        pure("Membership", ["Primitives"]),
        pure("Replication", ["Membership", "Primitives"]),
        pure("Wire", ["Membership", "Primitives", "Replication", crypto]),
        pure("Gossip", ["Membership", "Primitives", "Replication", "Wire"]),
        pure("Health", ["Primitives"]),
        pure(
            "Simulation",
            ["Gossip", "Health", "Membership", "Primitives", "Replication", "Wire"]),
        pure("Balancing", ["Primitives"]),
        pure("DNSCodec", ["Primitives"]),
        pure("HTTP1", ["Primitives"]),
        pure("ClientHello"),
        pure("ConfigurationFile", ["Health", "Primitives", yams]),

        .target(name: "CLinux"),
        shell("Linux", ["CLinux", "Primitives"]),
        shell("EventLoop", ["CLinux", "Linux", "Primitives"]),
        shell("SharedState", ["Linux", "Primitives", atomics]),
        shell(
            "DataPlane",
            [
                "Balancing", "ClientHello", "EventLoop", "HTTP1", "Linux", "Primitives",
                "SharedState",
            ]),
        shell(
            "ControlPlane",
            [
                "Balancing", "ConfigurationFile", "DNSCodec", "Gossip", "Health", "Linux",
                "Membership", "Primitives", "Replication", "SharedState", "Wire",
                asyncHTTPClient, crypto, http2, hpack, hummingbird, logging, nioConcurrency,
                nioCore, nioHTTP1, nioPosix, nioSSL, serviceLifecycle,
            ]),
        shell("Supervision", ["EventLoop", "Linux", "Primitives", "SharedState"]),
        shell(
            "LocalCluster",
            [
                "ConfigurationFile", "ControlPlane", "Linux", "Primitives", hummingbird, logging,
                nioCore,
            ]),
        .executableTarget(
            name: "skein",
            dependencies: [
                "ConfigurationFile", "ControlPlane", "DataPlane", "Linux", "LocalCluster",
                "Primitives", "SharedState", "Simulation", "Supervision", "Wire", argumentParser,
                logging,
            ],
            swiftSettings: common),

        // What `scripts/bench balance` times.
        .executableTarget(
            name: "ChoiceCost", dependencies: ["Balancing", "Primitives"],
            path: "Tests/Benchmarks/ChoiceCost", swiftSettings: common),

        tests("Primitives"),
        tests("Membership", ["Primitives"]),
        tests("Replication", ["Membership", "Primitives"]),
        tests("Wire", ["Membership", "Primitives", "Replication"]),
        tests("Gossip", ["Membership", "Primitives", "Replication", "Simulation", "Wire"]),
        tests("Health", ["Primitives"]),
        tests("Simulation", ["Gossip", "Membership", "Primitives", "Replication", "Wire"]),
        tests("Balancing", ["Primitives"]),
        tests("DNSCodec", ["Primitives"]),
        tests("HTTP1", ["Primitives"]),
        tests("ClientHello", ["Primitives"]),
        tests("ConfigurationFile", ["Health", "Primitives"]),
        tests("Linux", ["Primitives"]),
        tests("EventLoop", ["Primitives"]),
        tests("SharedState", ["Linux", "Primitives"]),
        // Without MemberImportVisibility: which C module owns the structures of a system header that
        // several of them include depends on the order in which the compiler met them.
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "ControlPlane",
                "Balancing", "ConfigurationFile", "DNSCodec", "Gossip", "Health", "Linux",
                "Membership", "Primitives", "SharedState", "Wire", logging, nioCore, nioPosix,
            ], swiftSettings: base),
        tests("Supervision", ["Primitives"]),
        // Real processes: the `skein` of this build, nginx, curl, wrk.
        .testTarget(
            name: "IntegrationTests", dependencies: ["skein"], swiftSettings: common),
    ]
)

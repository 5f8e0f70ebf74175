// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled like this.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// No sockets, clocks, randomness or `async`: input and `now` go in, effects come out.
let pure: [SwiftSetting] = common + [.strictMemorySafety()]

let package = Package(
    name: "skein",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-atomics.git", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1",
            traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        .target(name: "Primitives", swiftSettings: pure),
        .target(name: "Membership", dependencies: ["Primitives"], swiftSettings: pure),
        .target(
            name: "Replication", dependencies: ["Membership", "Primitives"], swiftSettings: pure),
        .target(
            name: "Wire",
            dependencies: [
                "Membership", "Primitives", "Replication",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: pure),
        .target(
            name: "Gossip", dependencies: ["Membership", "Primitives", "Replication", "Wire"],
            swiftSettings: pure),
        .target(name: "Health", dependencies: ["Primitives"], swiftSettings: pure),
        .target(name: "Balancing", swiftSettings: pure),
        .target(name: "HTTP1", dependencies: ["Primitives"], swiftSettings: pure),
        .target(
            name: "ConfigurationFile",
            dependencies: ["Health", "Primitives", .product(name: "Yams", package: "Yams")],
            path: "Sources/Configuration",
            swiftSettings: pure),
        .target(name: "CLinux"),
        .target(name: "Linux", dependencies: ["CLinux", "Primitives"], swiftSettings: common),
        .target(
            name: "EventLoop", dependencies: ["CLinux", "Linux", "Primitives"],
            swiftSettings: common),
        .target(
            name: "SharedState",
            dependencies: [
                "Linux", "Primitives", .product(name: "Atomics", package: "swift-atomics"),
            ],
            swiftSettings: common),
        .target(
            name: "DataPlane",
            dependencies: [
                "Balancing", "EventLoop", "HTTP1", "Linux", "Primitives", "SharedState",
            ],
            swiftSettings: common),
        .target(
            name: "ControlPlane",
            dependencies: [
                "ConfigurationFile", "Gossip", "Health", "Linux", "Membership", "Primitives",
                "Replication", "SharedState", "Wire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: common),
        .target(
            name: "Supervision", dependencies: ["EventLoop", "Linux", "Primitives", "SharedState"],
            swiftSettings: common),
        .target(
            name: "LocalCluster",
            dependencies: [
                "ConfigurationFile", "ControlPlane", "Linux", "Primitives",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: common),
        .executableTarget(
            name: "skein",
            dependencies: [
                "ConfigurationFile", "ControlPlane", "DataPlane", "Linux", "LocalCluster",
                "Primitives",
                "SharedState", "Supervision", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: common),
        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"], swiftSettings: common),
    ]
)

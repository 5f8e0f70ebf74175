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
    dependencies: [],
    targets: [
        .target(name: "Primitives", swiftSettings: pure),
        .testTarget(name: "PrimitivesTests", dependencies: ["Primitives"], swiftSettings: common),
    ]
)

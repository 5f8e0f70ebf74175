// swift-tools-version: 6.2
import PackageDescription

// The pure targets up to Wire once more, watched by libFuzzer. `scripts/bench fuzz` copies this
// manifest to where it links the sources: no package may reach outside its own folder.

let watched: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .unsafeFlags(["-sanitize=fuzzer"]),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2")
    ],
    targets: [
        .target(name: "Primitives", swiftSettings: watched),
        .target(name: "Membership", dependencies: ["Primitives"], swiftSettings: watched),
        .target(
            name: "Replication", dependencies: ["Membership", "Primitives"],
            swiftSettings: watched),
        .target(
            name: "Wire", dependencies: ["Membership", "Primitives", "Replication", crypto],
            swiftSettings: watched),
        .executableTarget(
            name: "WireFuzz", dependencies: ["Membership", "Primitives", "Replication", "Wire"],
            swiftSettings: watched + [.unsafeFlags(["-parse-as-library"])],
            // gold, which is the default, does not get along with the tables of the sanitizer.
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ]
)

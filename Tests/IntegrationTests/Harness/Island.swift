import Foundation
import Synchronization

/// A network namespace that is linked to ours by a pair of virtual interfaces, so that what is in
/// it can be cut off from single addresses or from everything. Needs to be root.
final class Island: Sendable {
    /// The address in there.
    let host: String
    /// Two addresses on our side.
    let shore: String
    let otherShore: String
    private let stage: Stage
    private let name: String
    private let link: String
    private static let count = Mutex(0)

    fileprivate init(stage: Stage) async throws {
        self.stage = stage
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        // 198.18.0.0/15 is for tests of network devices (RFC 2544).
        let network = "198.\(18 + number % 2).\(getpid() % 250)"
        let first = number / 2 % 32 * 8
        host = "\(network).\(first + 1)"
        shore = "\(network).\(first + 2)"
        otherShore = "\(network).\(first + 3)"
        name = "skein-test-\(getpid())-\(number)"
        link = "skt\(getpid() % 100_000)-\(number)"
        try await ip("netns", "add", name)
        stage.atEnd { try? await self.remove() }
        try await ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        for address in [shore, otherShore] {
            try await ip("addr", "add", "\(address)/29", "dev", link)
        }
        try await ip("link", "set", link, "up")
        try await inside("ip", "addr", "add", "\(host)/29", "dev", "eth0")
        try await inside("ip", "link", "set", "eth0", "up")
        try await inside("ip", "link", "set", "lo", "up")
    }

    private func ip(_ arguments: String...) async throws {
        let result = try await stage.run("ip", arguments)
        guard result.status == 0 else { throw Failure("ip \(arguments): \(result.error)") }
    }

    /// Runs a command in there.
    private func inside(_ command: String...) async throws {
        let result = try await stage.run("ip", ["netns", "exec", name] + command)
        guard result.status == 0 else { throw Failure("\(command): \(result.error)") }
    }

    private func remove() async throws {
        try await ip("link", "del", link)
        try await ip("netns", "del", name)
    }

    /// What to put before a command so that it runs in there.
    var entrance: [String] { ["ip", "netns", "exec", name] }

    /// Lets nothing from the island reach an address any more, with an error at once.
    func cutOff(_ address: String) async throws {
        try await inside("ip", "route", "add", "unreachable", "\(address)/32")
    }

    func reconnect(_ address: String) async throws {
        try await inside("ip", "route", "del", "unreachable", "\(address)/32")
    }

    /// Pulls the cable; what is sent is lost without a word.
    func cutOff() async throws { try await ip("link", "set", link, "down") }

    func reconnect() async throws { try await ip("link", "set", link, "up") }
}

extension Stage {
    func startIsland() async throws -> Island { try await Island(stage: self) }
}

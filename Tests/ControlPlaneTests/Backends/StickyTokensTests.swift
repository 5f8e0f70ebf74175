import Foundation
import SharedState
import Testing

@testable import ControlPlane

@Suite("Tokens that stand for backends in cookies")
struct StickyTokensTests {
    private let secret = Array(UInt8(0)..<32)

    @Test("A token is the same on every node that has the secret, and on no other")
    func keyed() {
        var one = StickyTokens(secrets: [secret])
        var other = StickyTokens(secrets: [secret])
        var stranger = StickyTokens(secrets: [secret.reversed()])
        var seen: Set<Table.StickyToken> = [.none]
        for number in 1...100 {
            for pool in ["api", "web"] {
                let key = Pools.key(number, in: pool)
                let tokens = one.tokens(of: key)
                #expect(tokens.count == 1 && other.tokens(of: key) == tokens)
                #expect(stranger.tokens(of: key) != tokens)
                #expect(seen.insert(tokens[0]).inserted)
            }
        }
        let key = Pools.key(1)
        let before = one.tokens(of: key)
        one.forget(key)
        #expect(one.tokens(of: key) == before, "forgetting frees memory and changes nothing")
    }

    /// Made with Python's `hmac` and `hashlib`: HKDF (RFC 5869) without salt, then HMAC-SHA256.
    @Test("A token is the first half of a keyed hash over pool and address")
    func knownAnswer() {
        var tokens = StickyTokens(secrets: [secret])
        let token = tokens.tokens(of: Pools.key(1))[0]
        #expect(token == Table.StickyToken(high: 0x9CE4_1472_5E9D_0C53, low: 0x1921_DAC6_CCDD_F7DF))
    }

    @Test("The first secret makes cookies, those of the others are still understood")
    func rotation() {
        let (old, new) = (secret, Array(secret.reversed()))
        var before = StickyTokens(secrets: [old])
        var during = StickyTokens(secrets: [new, old])
        var after = StickyTokens(secrets: [new])
        let key = Pools.key(1)
        #expect(during.tokens(of: key) == after.tokens(of: key) + before.tokens(of: key))
    }

    @Test("The secret is that of the file, else those of the gossip keys")
    func sources() throws {
        let state = try StateDirectory()
        let file = state.url("cookie.key")
        let gossip = [secret, Array(secret.reversed())]
        func secrets(_ file: URL?, _ keys: [[UInt8]]) throws -> [[UInt8]] {
            try StickyTokens.secrets(
                file: file?.path, gossipKeys: keys, stateDirectory: state.path)
        }
        try Data(repeating: 7, count: 16).write(to: file)
        #expect(try secrets(file, gossip) == [Array(repeating: 7, count: 16)])
        #expect(try secrets(nil, gossip) == gossip)
        try (Data(repeating: 7, count: 16) + Data("\r\n".utf8)).write(to: file)
        #expect(try secrets(file, []) == [Array(repeating: 7, count: 16)], "as editors end files")
        try Data(repeating: 7, count: 15).write(to: file)
        #expect(throws: StartFailure.self) { try secrets(file, gossip) }
        try (Data(repeating: 7, count: 15) + Data("\n".utf8)).write(to: file)
        #expect(throws: StartFailure.self) { try secrets(file, gossip) }
        #expect(throws: StartFailure.self) { try secrets(state.url("missing"), gossip) }
        try Data(repeating: 7, count: 4_096).write(to: file)
        #expect(try secrets(file, gossip) == [Array(repeating: 7, count: 4_096)])
        try Data(repeating: 7, count: 4_097).write(to: file)
        #expect(throws: StartFailure.self) { try secrets(file, gossip) }
        #expect(!FileManager.default.fileExists(atPath: state.url("sticky.key").path))
    }

    @Test("A node that stands alone makes a secret once, keeps it, and lets nobody read it")
    func own() throws {
        let (one, two) = (try StateDirectory(), try StateDirectory())
        func secrets(_ state: StateDirectory) throws -> [[UInt8]] {
            try StickyTokens.secrets(file: nil, gossipKeys: [], stateDirectory: state.path)
        }
        let made = try secrets(one)
        #expect(made.map(\.count) == [32])
        #expect(try secrets(one) == made)
        #expect(try secrets(two) != made)
        let attributes = try FileManager.default.attributesOfItem(
            atPath: one.url("sticky.key").path)
        #expect((attributes[.posixPermissions] as? Int) == 0o600)
        // One that was cut short is made anew.
        try Data(repeating: 7, count: 31).write(to: one.url("sticky.key"))
        let again = try secrets(one)
        #expect(again.map(\.count) == [32] && again != made)
        #expect(throws: StartFailure.self, "no directory") {
            try StickyTokens.secrets(
                file: nil, gossipKeys: [], stateDirectory: one.url("sticky.key").path)
        }
    }
}

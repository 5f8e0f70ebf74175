import ConfigurationFile
import Crypto
import Foundation
import Linux
import Primitives
import SharedState

/// Makes what stands for backends in sticky cookies.
///
/// A token is the first half of HMAC-SHA256 (RFC 2104) over pool and address, under a key that all
/// nodes of the cluster have. So every node knows every token, a client can neither learn anything
/// about a backend from one nor make one, and there is nothing to share. HAProxy's
/// `dynamic-cookie-key` is made like this.
struct StickyTokens {
    /// The first is for cookies that are set; those of the others are still understood.
    private let keys: [SymmetricKey]
    private var tokens: [BackendKey: [Table.StickyToken]] = [:]

    /// - Parameter secrets: at least one, where any token will be asked for.
    init(secrets: [[UInt8]]) {
        keys = secrets.map { secret in
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: secret),
                info: Array("skein sticky v1".utf8), outputByteCount: 32)
        }
    }

    /// The backend's tokens, the one to set in front.
    mutating func tokens(of key: BackendKey) -> [Table.StickyToken] {
        if let known = tokens[key] { return known }
        let message = Array(key.description.utf8)
        let made = keys.map { Self.token(HMAC<SHA256>.authenticationCode(for: message, using: $0)) }
        tokens[key] = made
        return made
    }

    /// Forgets a backend that is gone.
    mutating func forget(_ key: BackendKey) { tokens[key] = nil }

    private static func token(_ code: HMAC<SHA256>.MAC) -> Table.StickyToken {
        let words = code.withUnsafeBytes { bytes in
            (
                bytes.loadUnaligned(as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        return Table.StickyToken(
            high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
    }

    /// The secrets of this node: those of its file, else those of the gossip keys, else one that
    /// is made now and kept, for a node that stands alone.
    static func secrets(
        file: String?, gossipKeys: [[UInt8]], stateDirectory: String
    ) throws -> [[UInt8]] {
        if let file {
            // Editors, and `echo`, end a file with a line end that is no part of the secret.
            var secret = try read(file)
            while secret.last == UInt8(ascii: "\n") || secret.last == UInt8(ascii: "\r") {
                secret.removeLast()
            }
            guard secret.count >= 16 else {
                throw StartFailure("\(file): the secret for cookies has less than 16 bytes")
            }
            return [secret]
        }
        guard gossipKeys.isEmpty else { return gossipKeys }
        let own = URL(fileURLWithPath: stateDirectory).appendingPathComponent("sticky.key")
        if FileManager.default.fileExists(atPath: own.path) {
            let secret = try read(own.path)
            if secret.count >= 32 { return [secret] }
        }
        let secret = Secrets.random(32)
        try? FileManager.default.createDirectory(
            atPath: stateDirectory, withIntermediateDirectories: true)
        // One that a crash cuts short is made anew at the next start.
        guard
            FileManager.default.createFile(
                atPath: own.path, contents: Data(secret), attributes: [.posixPermissions: 0o600])
        else {
            throw StartFailure("\(own.path): cannot write; set node.state or node.sticky-key")
        }
        return [secret]
    }

    /// The longest secret.
    private static let secretBytesMax = 4_096

    private static func read(_ path: String) throws -> [UInt8] {
        let secret: [UInt8]
        do throws(SystemCallError) {
            secret = try SmallFile.read(path, bytesMax: secretBytesMax + 1)
        } catch {
            throw StartFailure("\(path): cannot read: \(error.errno.message)")
        }
        guard secret.count <= secretBytesMax else {
            throw StartFailure(
                "\(path): the secret for cookies has more than \(secretBytesMax) bytes")
        }
        return secret
    }
}

import Health
import Linux
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL
import Primitives

/// The TLS contexts of checks. To make one means reading and parsing certificates, so each is kept
/// until one of its files changes.
final class TLSContexts: Sendable {
    private struct Key: Hashable {
        let settings: Probe.TLSSettings
        let protocols: [String]
    }

    private struct Entry {
        let context: NIOSSLContext
        let stamps: [RegularFile.Stamp]
    }

    /// How many contexts are kept. More come only from as many different settings.
    private static let entriesMax = 256

    private let entries = NIOLockedValueBox<[Key: Entry]>([:])

    /// What makes the TLS handler of a probe; nil for a probe without TLS.
    ///
    /// - Parameters:
    ///   - host: the host of the check, whose name is asked for unless the settings have one.
    ///   - protocols: what is offered by ALPN.
    /// - Throws: `ProbeFailure` when a file cannot be used.
    func client(
        for settings: Probe.TLSSettings?, host: String?, protocols: [String]
    ) throws -> TLSClient? {
        guard let settings else { return nil }
        let name = settings.serverName ?? host.map(Self.name)
        return TLSClient(
            context: try context(settings, protocols),
            // An address is nobody's name (RFC 6066 section 3); the certificate is then verified
            // for the address that is probed.
            serverName: name.flatMap { IPAddress($0) == nil ? $0 : nil })
    }

    private func context(_ settings: Probe.TLSSettings, _ protocols: [String]) throws
        -> NIOSSLContext
    {
        let key = Key(settings: settings, protocols: protocols)
        let stamps: [RegularFile.Stamp]
        do throws(SystemCallError) {
            var found: [RegularFile.Stamp] = []
            for file in settings.files { found.append(try RegularFile.stamp(of: file)) }
            stamps = found
        } catch {
            throw ProbeFailure(.tls("\(error.errno.message): certificate or key file"))
        }
        if let entry = entries.withLockedValue({ $0[key] }), entry.stamps == stamps {
            return entry.context
        }
        let context = try Self.make(settings, protocols)
        entries.withLockedValue { entries in
            if entries.count >= Self.entriesMax { entries = [:] }
            entries[key] = Entry(context: context, stamps: stamps)
        }
        return context
    }

    private static func make(_ settings: Probe.TLSSettings, _ protocols: [String]) throws
        -> NIOSSLContext
    {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = protocols
        configuration.certificateVerification = settings.isVerified ? .fullVerification : .none
        if let authorities = settings.authorities {
            configuration.trustRoots = .file(authorities)
        }
        if let files = settings.clientCertificate {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(files.certificate)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(file: files.key, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// The name in a `Host` header, which may have a port and brackets.
    private static func name(_ host: String) -> String {
        if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
        return String(host.prefix { $0 != ":" })
    }
}

/// Makes the handlers for connections with one context to servers of one name.
struct TLSClient: Sendable {
    let context: NIOSSLContext
    let serverName: String?

    func handler() throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: serverName)
    }
}

extension Probe.TLSSettings {
    /// The files that a context is made of.
    fileprivate var files: [String] {
        [authorities, clientCertificate?.certificate, clientCertificate?.key].compactMap(\.self)
    }
}

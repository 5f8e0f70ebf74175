import Health
import Linux
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL

/// A probe that failed for a known reason.
struct ProbeFailure: Error {
    let reason: FailureReason

    init(_ reason: FailureReason) {
        self.reason = reason
    }
}

extension FailureReason {
    /// What an error of a probe or of the network libraries means for a check.
    init(_ error: any Error) {
        switch error {
        case let error as ProbeFailure: self = error.reason
        case let error as NIOConnectionError:
            self = error.connectionErrors.first.map { FailureReason($0.error) } ?? .unreachable
        case let error as IOError: self.init(Errno(rawValue: error.errnoCode))
        case let error as SystemCallError: self = .other("\(error)")
        case HTTPParserError.invalidEOFState: self = .reset
        case is HTTPParserError: self = .malformed
        case ChannelError.connectTimeout: self = .timedOut
        case ChannelError.inputClosed, ChannelError.eof, ChannelError.ioOnClosedChannel:
            self = .reset
        case is NIOHTTP2Errors.StreamClosed, is NIOHTTP2Errors.IOOnClosedConnection: self = .reset
        case is any NIOHTTP2Error: self = .malformed
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self = Self.tls(words(of: error))
        case is CancellationError: self = .other("the probe was broken off")
        default: self = .other("\(error)")
        }
    }

    private init(_ errno: Errno) {
        switch errno {
        case .connectionRefused: self = .refused
        case .connectionReset: self = .reset
        case .timedOut: self = .timedOut
        case .hostUnreachable, .networkUnreachable: self = .unreachable
        default: self = .other(errno.name)
        }
    }
}

/// What went wrong with TLS, in the few words that the libraries have for it.
private func words(of error: any Error) -> String {
    switch error {
    case NIOSSLError.handshakeFailed(let error): return words(of: error)
    case NIOSSLError.noCertificateToValidate: return "no certificate"
    case NIOSSLError.unableToValidateCertificate: return "the certificate is for another name"
    case NIOSSLError.uncleanShutdown: return "cut without a closing alert"
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
        return "the certificate is for another name"
    case BoringSSLError.sslError(let stack), BoringSSLError.unknownError(let stack):
        return words(of: stack)
    default: return "\(error)"
    }
}

/// BoringSSL says `Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:REASON at FILE:1`.
private func words(of stack: NIOBoringSSLErrorStack) -> String {
    guard let first = stack.first else { return "handshake failed" }
    guard first != .eofDuringHandshake else { return "connection closed in the handshake" }
    let text = first.description
    guard let reason = text.components(after: "OPENSSL_internal:")?.prefix(while: { $0 != " " })
    else { return text }
    return reason.lowercased().replacing("_", with: " ")
}

extension String {
    /// What follows `marker`, if it is there.
    fileprivate func components(after marker: String) -> Substring? {
        firstRange(of: marker).map { self[$0.upperBound...] }
    }
}

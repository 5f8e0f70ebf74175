import AsyncHTTPClient
import Health
import Linux
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Primitives

/// Carries out probes: opens a connection of its own for each and says how that ended.
struct Prober: Sendable {
    private let client: HTTPClient
    private let group: any EventLoopGroup

    /// The most body bytes that are read of an answer; a larger one is as good.
    private static let bodyBytesMax = 64 * 1024

    init(group: any EventLoopGroup) {
        self.group = group
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(1)
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    func shutdown() async {
        try? await client.shutdown()
    }

    /// Probes once, and is back within the definition's timeout.
    func probe(_ key: CheckKey, _ definition: CheckDefinition) async -> ProbeResult {
        let target = definition.target(for: key.address)
        let start = Clock.now()
        do {
            switch definition.probe {
            case .tcp:
                try await probeTCP(target, timeout: definition.timeout)
            case .http(let request):
                let status = try await probeHTTP(target, request, timeout: definition.timeout)
                guard request.successCodes.contains(status) else {
                    return .failure(.status(status))
                }
            }
            return .success(latency: Clock.now() - start)
        } catch {
            return .failure(FailureReason(error))
        }
    }

    private func probeTCP(_ target: Primitives.SocketAddress, timeout: Duration) async throws {
        let address = try NIOCore.SocketAddress(
            ipAddress: target.ip.description, port: Int(target.port))
        let attempt = NIOLockedValueBox<(any Channel)?>(nil)
        let channel = try await withTaskCancellationHandler {
            try await ClientBootstrap(group: group)
                .channelInitializer { channel in
                    attempt.withLockedValue { $0 = channel }
                    return channel.eventLoop.makeSucceededVoidFuture()
                }
                .connectTimeout(TimeAmount(timeout)).connect(to: address).get()
        } onCancel: {
            attempt.withLockedValue { $0 }?.close(promise: nil)
        }
        // The connection was the answer; what becomes of it is of no interest.
        try? await channel.close().get()
    }

    private func probeHTTP(
        _ target: Primitives.SocketAddress, _ probe: CheckDefinition.HTTPRequest, timeout: Duration
    ) async throws -> UInt16 {
        var request = HTTPClientRequest(url: "http://\(target)\(probe.path)")
        request.headers.add(name: "User-Agent", value: "skein-check")
        request.headers.add(name: "Connection", value: "close")
        if let host = probe.host { request.headers.add(name: "Host", value: host) }
        // The client's own timeout ends at the head; a body may take for ever.
        return try await withThrowingTaskGroup(of: UInt16.self) { [request, client] tasks in
            tasks.addTask {
                let response = try await client.execute(request, timeout: TimeAmount(timeout))
                var read = 0
                for try await part in response.body {
                    read += part.readableBytes
                    if read > Self.bodyBytesMax { break }
                }
                return UInt16(clamping: response.status.code)
            }
            tasks.addTask {
                try await Task.sleep(for: timeout)
                throw ProbeTimeout()
            }
            defer { tasks.cancelAll() }
            guard let status = try await tasks.next() else { throw ProbeTimeout() }
            return status
        }
    }

    /// The whole answer did not come in time.
    fileprivate struct ProbeTimeout: Error {}
}

extension TimeAmount {
    init(_ duration: Duration) {
        self = .nanoseconds(duration.nanoseconds)
    }
}

extension FailureReason {
    /// What an error of the network libraries means for a check.
    init(_ error: any Error) {
        switch error {
        case let error as NIOConnectionError:
            if let attempt = error.connectionErrors.first {
                self.init(attempt.error)
            } else {
                self = .unreachable
            }
        case let error as IOError: self.init(errno: Errno(rawValue: error.errnoCode))
        case is HTTPParserError: self = .malformed
        case is Prober.ProbeTimeout, ChannelError.connectTimeout: self = .timedOut
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .deadlineExceeded, .readTimeout: self = .timedOut
            case .remoteConnectionClosed: self = .reset
            default: self = .other(error.shortDescription)
            }
        default: self = .other("\(error)")
        }
    }

    private init(errno: Errno) {
        switch errno {
        case .connectionRefused: self = .refused
        case .connectionReset: self = .reset
        case .timedOut: self = .timedOut
        case .hostUnreachable, .networkUnreachable: self = .unreachable
        default: self = .other(errno.name)
        }
    }
}

import Health
import Linux
import NIOCore
import Primitives

/// Carries out probes: opens a connection of its own for each, or runs a command, and says how
/// that ended.
///
/// Whatever the other side does, a probe is over at the timeout of its check, has read at most
/// `AnswerLimit.bytesMax` bytes, and has closed its connection.
struct Prober: Sendable {
    private let connections: ProbeConnections
    private let tls = TLSContexts()
    private let commands: CommandRunner?

    /// - Parameter allowsExec: whether this node runs the commands of `exec` checks. The shared
    ///   part of the configuration names them, so each node has to agree for itself.
    init(group: any EventLoopGroup, allowsExec: Bool) {
        connections = ProbeConnections(group: group)
        commands = allowsExec ? CommandRunner() : nil
    }

    /// Ends the commands that still run. Probes end when the tasks that wait for them are cancelled.
    func shutdown() async {
        commands?.shutdown()
    }

    /// Probes once, and is back within the definition's timeout, or soon when the task is cancelled.
    func probe(_ key: CheckKey, _ definition: CheckDefinition) async -> ProbeResult {
        let start = Clock.now()
        do {
            try await carryOut(
                definition.probe, target: definition.target(for: key.address),
                timeout: definition.timing.timeout)
            return .success(latency: Clock.now() - start)
        } catch {
            return .failure(FailureReason(error))
        }
    }

    private func carryOut(
        _ probe: Probe, target: Primitives.SocketAddress, timeout: Duration
    ) async throws {
        switch probe {
        case .tcp(let exchange):
            try await converse(TCPConversation(exchange), target, timeout)
        case .postgresql(let startup):
            try await converse(PostgreSQLConversation(startup), target, timeout)
        case .redis(let ping):
            try await converse(try RedisConversation(ping), target, timeout)
        case .http(let request):
            let tls = try tls.client(for: request.tls, host: request.host, protocols: ["http/1.1"])
            try await connections.run(to: target, timeout: timeout) { channel, outcome in
                if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                try HTTPProbeHandler.add(
                    to: channel, request: request, authority: target.description, outcome: outcome)
            }
        case .grpc(let request):
            let tls = try tls.client(for: request.tls, host: request.host, protocols: ["h2"])
            try await connections.run(to: target, timeout: timeout) { channel, outcome in
                if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                try GRPCProbe.add(
                    to: channel, request: request, authority: target.description, outcome: outcome)
            }
        case .exec(let command):
            guard let commands else {
                throw ProbeFailure(.other("exec checks are not allowed on this node"))
            }
            try await commands.run(command, target: target, timeout: timeout)
        }
    }

    private func converse(
        _ conversation: some ByteConversation, _ target: Primitives.SocketAddress,
        _ timeout: Duration
    ) async throws {
        try await connections.run(to: target, timeout: timeout) { channel, outcome in
            try channel.pipeline.syncOperations.addHandler(
                ConversationHandler(conversation, outcome: outcome))
        }
    }
}

package import DNSCodec
import Linux
package import NIOCore
package import Primitives

/// Finds the records of names: a stub resolver (RFC 1035 section 5.3.1) that asks name servers over
/// UDP, and over TCP what does not fit.
///
/// It keeps no answers; who asks knows how long to keep them. `/etc/hosts` is not read.
package actor Resolver {
    private enum Origin {
        case given(ResolverSettings)
        case file(path: String)
    }

    private let origin: Origin
    private let exchange: Exchange
    private var order = ServerOrder()
    private var read: (stamp: RegularFile.Stamp?, settings: ResolverSettings)?

    private static let fileBytesMax = 1 << 20

    /// A resolver that asks these servers, at most `ResolverSettings.serversMax` of them; with none
    /// given those that `file` names, which is read again when it has changed.
    package init(
        servers: [Primitives.SocketAddress] = [], file: String = "/etc/resolv.conf",
        group: any EventLoopGroup
    ) {
        origin =
            servers.isEmpty ? .file(path: file) : .given(ResolverSettings(servers: servers))
        exchange = Exchange(group: group)
    }

    /// A resolver with these settings.
    package init(settings: ResolverSettings, group: any EventLoopGroup) {
        origin = .given(settings)
        exchange = Exchange(group: group)
    }

    /// The records of a type, which is not CNAME or ANY, that a name has, along its aliases.
    ///
    /// A name that does not end in a dot is tried with each entry of the search list too. A
    /// failure of the servers ends that: a name further down the list would perhaps be found, and
    /// be another.
    package func resolve(
        _ text: String, _ type: RecordType
    ) async throws(ResolutionFailure) -> Resolution {
        let settings = currentSettings()
        var failure: ResolutionFailure?
        for name in settings.candidates(for: text) {
            do {
                return try await resolve(Question(name: name, type: type), settings)
            } catch {
                switch (error, failure) {
                // That a name is there, but not the type, says more.
                case (.noRecords, nil), (.noRecords, .noSuchName), (.noSuchName, nil):
                    failure = error
                case (.noRecords, _), (.noSuchName, _): break
                default: throw error
                }
            }
        }
        throw failure ?? .invalidName(text)
    }

    private func resolve(
        _ question: Question, _ settings: ResolverSettings
    ) async throws(ResolutionFailure) -> Resolution {
        var next = question
        var timeToLive = Record.timeToLiveMax
        // Aliases that one answer does not follow to their end; as a rule there are none.
        for _ in 0...Message.aliasesMax {
            let (outcome, answer) = try await ask(next, settings)
            switch outcome {
            case .records(let records, let name, let time):
                return Resolution(
                    records: records, name: name, timeToLive: min(time, timeToLive),
                    additionals: answer.additionals)
            case .alias(let name, let time):
                next.name = name
                timeToLive = min(timeToLive, time)
            case .noSuchName(let time):
                throw .noSuchName(question.name, timeToLive: time)
            case .noRecords(let time):
                throw .noRecords(question, timeToLive: time)
            case .aliasLoop, .referral, .refused:
                // Faults of a server, which is not the last one to be asked.
                throw .serversFailed(question, [:])
            }
        }
        throw .aliasesWithoutEnd(question)
    }

    /// Asks one server after the other until one knows.
    private func ask(
        _ question: Question, _ settings: ResolverSettings
    ) async throws(ResolutionFailure) -> (Message.Outcome, Message) {
        var faults: [Primitives.SocketAddress: ServerFault] = [:]
        for _ in 0..<settings.attempts {
            for server in order.sorted(settings.servers, now: Clock.now()) {
                do {
                    let answer = try await ask(question, at: server, timeout: settings.timeout)
                    let outcome = answer.outcome(for: question)
                    guard let fault = outcome.fault else {
                        order.answered(server)
                        return (outcome, answer)
                    }
                    faults[server] = fault
                } catch is CancellationError {
                    throw .cancelled
                } catch {
                    faults[server] = ServerFault(error)
                }
                order.failed(server, now: Clock.now())
            }
        }
        throw .serversFailed(question, faults)
    }

    /// Asks one server: over UDP, over TCP what does not fit, and without an extension if it does
    /// not know that (RFC 6891 section 7).
    private func ask(
        _ question: Question, at server: Primitives.SocketAddress, timeout: Duration
    ) async throws -> Message {
        let answer = try await ask(
            question, at: server, timeout: timeout, extension: Message.Extension())
        let codes: [ResponseCode] = [.formatError, .notImplemented, .badVersion]
        guard codes.contains(answer.header.responseCode) else { return answer }
        return try await ask(question, at: server, timeout: timeout, extension: nil)
    }

    private func ask(
        _ question: Question, at server: Primitives.SocketAddress, timeout: Duration,
        extension: Message.Extension?
    ) async throws -> Message {
        for transport in [Exchange.Transport.datagram, .stream] {
            // From the system's generator, so that nobody can guess it.
            let query = Message.query(
                id: .random(in: 0 ... .max), question, extension: `extension`)
            let reply = try await exchange.ask(
                query, at: server, over: transport, timeout: timeout)
            if case .answer(let message) = reply { return message }
        }
        throw ServerFault.malformed(.truncated)
    }

    /// What is asked now, and how.
    func currentSettings() -> ResolverSettings {
        switch origin {
        case .given(let settings): return settings
        case .file(let path):
            let stamp = try? RegularFile.stamp(of: path)
            if let read, read.stamp == stamp { return read.settings }
            let contents = try? RegularFile.read(path, bytesMax: Self.fileBytesMax)
            // A file that is being replaced may be missing for a moment.
            let settings =
                contents.map { ResolverSettings(parsing: $0.text) } ?? read?.settings
                ?? ResolverSettings(parsing: "")
            read = (contents?.isWhole == true ? contents?.stamp : nil, settings)
            return settings
        }
    }
}

extension Message.Outcome {
    /// Why this is no answer; nil if it is one.
    fileprivate var fault: ServerFault? {
        switch self {
        case .records, .alias, .noRecords, .noSuchName: nil
        case .aliasLoop: .aliasLoop
        case .referral: .referral
        case .refused(let code): .refused(code)
        }
    }
}

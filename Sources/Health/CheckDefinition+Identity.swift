import Primitives

extension CheckDefinition {
    /// The number of this definition, the same on every node that has the same definition.
    ///
    /// Everything counts, thresholds too: two pools that judge one address differently must not
    /// share a state. A field that has its default adds nothing, so that fields of later versions
    /// keep the numbers of today.
    package var id: CheckID {
        var hash = StableHash()
        probe.combine(into: &hash)
        if let port { hash.combine(.port, UInt64(port)) }
        timing.combine(into: &hash)
        return CheckID(rawValue: hash.value)
    }
}

/// The fields by the numbers that they have in a hash. A number is never given away again.
private enum Field: UInt64 {
    case kind = 1
    case path
    case host
    case successCodes
    case port
    case interval
    case timeout
    case healthyThreshold
    case unhealthyThreshold
    case fastInterval
    case initialDelay
    case jitter
    case send
    case expect
    case method
    case header
    case expectedBody
    case tls
    case serverName
    case authorities
    case clientCertificate
    case service
    case user
    case database
    case passwordFile
    case argument
}

extension StableHash {
    /// Combines the number of a field and then its value.
    fileprivate mutating func combine(_ field: Field, _ text: String) {
        combine(field.rawValue)
        combine(text)
    }

    fileprivate mutating func combine(_ field: Field, _ number: UInt64) {
        combine(field.rawValue)
        combine(number)
    }

    /// Bytes need not be UTF-8, so each makes a word.
    fileprivate mutating func combine(_ field: Field, _ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        combine(field, UInt64(bytes.count))
        for byte in bytes { combine(UInt64(byte)) }
    }
}

extension CheckTiming {
    fileprivate func combine(into hash: inout StableHash) {
        hash.combine(.interval, UInt64(interval.nanoseconds))
        hash.combine(.timeout, UInt64(timeout.nanoseconds))
        hash.combine(.healthyThreshold, UInt64(healthyThreshold))
        hash.combine(.unhealthyThreshold, UInt64(unhealthyThreshold))
        if fastInterval != interval {
            hash.combine(.fastInterval, UInt64(fastInterval.nanoseconds))
        }
        if initialDelay > .zero {
            hash.combine(.initialDelay, UInt64(initialDelay.nanoseconds))
        }
        if jitter > .zero { hash.combine(.jitter, UInt64(jitter.nanoseconds)) }
    }
}

extension Probe {
    fileprivate func combine(into hash: inout StableHash) {
        switch self {
        case .tcp(let exchange):
            hash.combine(.kind, "tcp")
            hash.combine(.send, exchange.send)
            hash.combine(.expect, exchange.expect)
        case .http(let request):
            hash.combine(.kind, "http")
            request.combine(into: &hash)
        case .grpc(let request):
            hash.combine(.kind, "grpc")
            if !request.service.isEmpty { hash.combine(.service, request.service) }
            if let host = request.host { hash.combine(.host, host) }
            request.tls?.combine(into: &hash)
        case .postgresql(let startup):
            hash.combine(.kind, "postgresql")
            hash.combine(.user, startup.user)
            hash.combine(.database, startup.database)
        case .redis(let ping):
            hash.combine(.kind, "redis")
            if let file = ping.passwordFile { hash.combine(.passwordFile, file) }
        case .exec(let command):
            hash.combine(.kind, "exec")
            for argument in command.arguments { hash.combine(.argument, argument) }
        }
    }
}

extension Probe.HTTPRequest {
    fileprivate func combine(into hash: inout StableHash) {
        hash.combine(.path, path)
        if let host { hash.combine(.host, host) }
        hash.combine(.successCodes, successCodes.description)
        if method != "GET" { hash.combine(.method, method) }
        for header in headers {
            hash.combine(.header, header.name)
            hash.combine(header.value)
        }
        if let expectedBody { hash.combine(.expectedBody, expectedBody) }
        tls?.combine(into: &hash)
    }
}

extension Probe.TLSSettings {
    fileprivate func combine(into hash: inout StableHash) {
        hash.combine(.tls, isVerified ? 1 : 0)
        if let serverName { hash.combine(.serverName, serverName) }
        if let authorities { hash.combine(.authorities, authorities) }
        if let clientCertificate {
            hash.combine(.clientCertificate, clientCertificate.certificate)
            hash.combine(clientCertificate.key)
        }
    }
}

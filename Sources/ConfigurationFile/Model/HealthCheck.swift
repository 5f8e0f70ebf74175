import Health

extension Configuration.HealthCheck {
    private enum ProbeProtocol: String, CaseIterable {
        case http
        case tcp
    }

    init(reading keys: inout SectionReader) {
        let probeProtocol: ProbeProtocol = keys.required(
            "protocol", .choice(), "what a probe speaks, http or tcp")
        let port = keys.optional(
            "port", .number(1...65_535), "the port to probe, where it is not the backend's own")
        let path = keys.value(
            "path", .requestTarget, default: "/", "what an HTTP probe asks for")
        let host = keys.optional(
            "host", .hostHeader, "the Host header of an HTTP probe; the address by default")
        let successCodes = keys.value(
            "success-codes", .successCodes, default: .ok,
            "status codes that mean health, such as 200 or 200-299,304")
        let interval = keys.value(
            "interval", .duration(.milliseconds(100) ... .seconds(86_400)), default: .seconds(30),
            "from one probe to the next")
        let timeout = keys.value(
            "timeout", .timeout, default: .seconds(5), "how long a probe may take")
        let healthyThreshold = keys.value(
            "healthy-threshold", .number(1...100), default: 2,
            "successes in a row that bring a backend up")
        let unhealthyThreshold = keys.value(
            "unhealthy-threshold", .number(1...100), default: 3,
            "failures in a row that take a backend down")
        verdict = keys.value(
            "verdict", .choice(), default: .majority,
            "whose observations decide: majority, any, all or local")
        if probeProtocol == .tcp {
            for name in ["path", "host", "success-codes"] {
                keys.refuse(name, because: "is for checks with protocol http")
            }
        }
        check = CheckDefinition(
            probe: probeProtocol == .tcp
                ? .tcp
                : .http(
                    CheckDefinition.HTTPRequest(
                        path: path, host: host, successCodes: successCodes)),
            port: port.map { UInt16($0) }, interval: interval, timeout: timeout,
            healthyThreshold: healthyThreshold, unhealthyThreshold: unhealthyThreshold)
    }
}

extension Kind where Value == String {
    /// The origin form of RFC 9112 section 3.2.1: a path and perhaps a query, visible ASCII only.
    static var requestTarget: Kind {
        .text("a path", placeholder: "/") { text, _ throws(Problem) in
            guard text.hasPrefix("/"), text.utf8.count <= 2_048, isVisible(text),
                !text.contains("#")
            else {
                throw Problem(
                    message: "\(quoted(text)) is no path that begins with '/', "
                        + "of at most 2048 visible ASCII characters and without '#'")
            }
            return text
        }
    }

    /// What may stand in a `Host` header: a name or an address, perhaps with a port.
    static var hostHeader: Kind {
        .text("a host name", placeholder: "") { text, _ throws(Problem) in
            guard (1...255).contains(text.utf8.count), isVisible(text),
                !text.contains(where: { "/?#@,\"\\".contains($0) })
            else { throw Problem(message: "\(quoted(text)) is no host name") }
            return text
        }
    }
}

extension Kind where Value == SuccessCodes {
    /// Status codes as a text, or as a list of such texts.
    static var successCodes: Kind {
        let item = Kind.text("status codes", placeholder: .ok) { text, _ throws(Problem) in
            guard let codes = SuccessCodes(text) else {
                throw Problem(
                    message: "\(quoted(text)) is no list of status codes such as 200-299,304")
            }
            return codes
        }
        let items = Kind<[SuccessCodes]>.oneOrMore(of: item, SuccessCodes.rangesMax)
        return Kind(placeholder: .ok) { value, key, reporter in
            items.read(value, key, reporter).map { SuccessCodes($0.flatMap(\.ranges)) }
        }
    }
}

private func isVisible(_ text: String) -> Bool {
    text.utf8.allSatisfy((UInt8(ascii: "!")...UInt8(ascii: "~")).contains)
}

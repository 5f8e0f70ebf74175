import HTTP1
import Primitives

/// A request head as values that compare, with the text of its parts.
struct ParsedRequest: Equatable, Sendable {
    var length = 0
    var method = HTTPMethod.other
    var methodText = ""
    var form = RequestHead.TargetForm.origin
    var target = ""
    /// As a backend gets it.
    var path = ""
    var host = ""
    var minorVersion: UInt8 = 1
    var framing = BodyFraming.none
    var keepAlive = true
    var expectsContinue = false
    var fields: [String] = []

    /// What `parse` makes of `bytes`; nil when they are incomplete.
    init?(_ bytes: [UInt8], limits: HeadLimits = HeadLimits()) throws(HTTPParseError) {
        var head = RequestHead()
        guard let length = try head.parse(bytes.span, limits: limits) else { return nil }
        self.length = length
        method = head.method
        methodText = bytes.text(head.methodRange)
        form = head.targetForm
        target = bytes.text(head.target)
        path = (head.isPathImplied ? "/" : "") + bytes.text(head.path)
        host = bytes.text(head.host)
        minorVersion = head.minorVersion
        framing = head.framing
        keepAlive = head.keepAlive
        expectsContinue = head.expectsContinue
        for index in 0..<head.fields.count {
            fields.append(bytes.text(of: head.fields[index]))
        }
    }
}

/// A response head as values that compare.
struct ParsedResponse: Equatable, Sendable {
    var length = 0
    var status = 0
    var reason = ""
    var minorVersion: UInt8 = 1
    var framing = BodyFraming.none
    var keepAlive = true
    var fields: [String] = []

    init?(
        _ bytes: [UInt8], answering method: HTTPMethod = .get, limits: HeadLimits = HeadLimits()
    ) throws(HTTPParseError) {
        var head = ResponseHead()
        guard let length = try head.parse(bytes.span, answering: method, limits: limits) else {
            return nil
        }
        self.length = length
        status = head.status
        reason = bytes.text(head.reason)
        minorVersion = head.minorVersion
        framing = head.framing
        keepAlive = head.keepAlive
        for index in 0..<head.fields.count {
            fields.append(bytes.text(of: head.fields[index]))
        }
    }
}

extension [UInt8] {
    init(_ text: String) {
        self = Array(text.utf8)
    }

    func text(_ range: ByteRange) -> String {
        String(decoding: self[range.range], as: UTF8.self)
    }

    func text(of field: HeaderField) -> String {
        text(field.name) + ": " + text(field.value)
    }
}

/// What a call that may be incomplete, succeed or throw came to.
enum Outcome<Value: Equatable & Sendable>: Equatable, Sendable {
    case incomplete
    case value(Value)
    case refused(HTTPParseError)

    init(_ body: () throws(HTTPParseError) -> Value?) {
        do throws(HTTPParseError) {
            if let value = try body() { self = .value(value) } else { self = .incomplete }
        } catch {
            self = .refused(error)
        }
    }
}

/// Runs `body` with a writer over `capacity` bytes and returns what it wrote; nil when it did not
/// fit.
func written(capacity: Int = 65_536, _ body: (inout ByteWriter) -> Void) -> [UInt8]? {
    var overflowed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
        body(&writer)
        count = writer.count
        overflowed = writer.overflowed
    }
    return overflowed ? nil : bytes
}

/// What a backend gets of the request in `bytes`; nil when they are incomplete.
func forwarded(
    _ bytes: [UInt8], client: String = "192.0.2.7", isTLS: Bool = false
) throws(HTTPParseError) -> [UInt8]? {
    var head = RequestHead()
    guard try head.parse(bytes.span, limits: HeadLimits()) != nil,
        let client = IPAddress(client), let listener = SocketAddress("192.0.2.1:80")
    else { return nil }
    let forwarding = Forwarding(client: client, listener: listener, isTLS: isTLS)
    return written { writer in
        head.writeForwarded(bytes.span, to: &writer, forwarding: forwarding)
    }
}

/// What a backend gets of the request in `bytes` with the cookie `name` changed; nil when they are
/// incomplete or it does not fit.
func forwarded(
    _ bytes: [UInt8], cookie name: String, edit: CookieEdit, capacity: Int = 65_536
) throws(HTTPParseError) -> [UInt8]? {
    var head = RequestHead()
    guard try head.parse(bytes.span, limits: HeadLimits()) != nil,
        let client = IPAddress("192.0.2.7"), let listener = SocketAddress("192.0.2.1:80")
    else { return nil }
    let forwarding = Forwarding(client: client, listener: listener, isTLS: false)
    let name = [UInt8](name)
    return written(capacity: capacity) { writer in
        head.writeForwarded(
            bytes.span, to: &writer, forwarding: forwarding, cookie: name.span, edit: edit)
    }
}

/// What a client gets of the response in `bytes`; nil when they are incomplete.
func forwarded(
    response bytes: [UInt8], answering method: HTTPMethod = .get, clientMinorVersion: UInt8 = 1,
    keepAlive: Bool = true
) throws(HTTPParseError) -> [UInt8]? {
    var head = ResponseHead()
    guard try head.parse(bytes.span, answering: method, limits: HeadLimits()) != nil else {
        return nil
    }
    let forwarding = ResponseForwarding(
        of: head, clientMinorVersion: clientMinorVersion, keepAlive: keepAlive)
    return written { writer in
        head.writeForwarded(bytes.span, to: &writer, forwarding: forwarding)
    }
}

/// A head from its lines.
func lines(_ lines: String...) -> String {
    lines.joined(separator: "\r\n") + "\r\n\r\n"
}

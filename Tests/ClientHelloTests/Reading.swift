import ClientHello

/// What a reader made of some bytes, as values that compare.
enum Reading: Equatable, Sendable {
    case incomplete(atLeast: Int)
    case hello(serverName: String?, protocols: [String])
    case notTLS
    case malformed(ClientHelloFault)

    init(_ bytes: [UInt8]) {
        var reader = ClientHelloReader()
        self.init(&reader, bytes)
    }

    init(_ reader: inout ClientHelloReader, _ bytes: [UInt8]) {
        switch reader.read(bytes.span) {
        case .incomplete(let count): self = .incomplete(atLeast: count)
        case .notTLS: self = .notTLS
        case .malformed(let fault): self = .malformed(fault)
        case .hello(let hello):
            var protocols: [String] = []
            var names = hello.protocols
            while let name = names?.next(in: bytes.span) { protocols.append(name.text(in: bytes)) }
            self = .hello(
                serverName: hello.serverName.map { $0.text(in: bytes) }, protocols: protocols)
        }
    }

    var isIncomplete: Bool {
        if case .incomplete = self { true } else { false }
    }
}

extension HelloText {
    func text(in bytes: [UInt8]) -> String {
        var copy = [UInt8](repeating: 0, count: 255)
        var output = copy.mutableSpan
        guard let count = self.copy(from: bytes.span, to: &output) else { return "no room" }
        return String(decoding: copy[..<count], as: UTF8.self)
    }
}

/// The server name of a hello that is in order, as a reader finds it that thinks only of those.
func straightforwardName(_ bytes: [UInt8]) -> String? {
    var message: [UInt8] = []
    var rest = bytes[...]
    while rest.count >= 5, rest.first == 22 {
        let length = Int(rest[rest.startIndex + 3]) * 256 + Int(rest[rest.startIndex + 4])
        message += rest.dropFirst(5).prefix(length)
        rest = rest.dropFirst(5 + length)
    }
    var body = message[...]
    func take(_ count: Int) -> [UInt8] {
        defer { body = body.dropFirst(count) }
        return Array(body.prefix(count))
    }
    func number(_ count: Int) -> Int { take(count).reduce(0) { $0 * 256 + Int($1) } }
    _ = take(1)
    let length = number(3)
    body = body.prefix(length)
    _ = take(34)
    _ = take(number(1))
    _ = take(number(2))
    _ = take(number(1))
    body = body.dropFirst(2)
    while body.count >= 4 {
        let kind = number(2)
        let data = take(number(2))
        guard kind == 0 else { continue }
        var list = data.dropFirst(2)
        while list.count >= 3 {
            let entry = Array(list)
            let length = Int(entry[1]) * 256 + Int(entry[2])
            if entry[0] == 0 {
                return String(decoding: entry.dropFirst(3).prefix(length), as: UTF8.self)
            }
            list = list.dropFirst(3 + length)
        }
    }
    return nil
}

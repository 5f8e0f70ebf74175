/// A hello made to measure, right or wrong.
struct HelloBuilder {
    var recordVersion: [UInt8] = [3, 1]
    var messageType: UInt8 = 1
    var version: [UInt8] = [3, 3]
    var session = [UInt8](repeating: 7, count: 32)
    var suites: [UInt8] = [0x13, 0x01, 0x13, 0x02]
    var compressions: [UInt8] = [0]
    /// Nil for a hello that ends before its extensions.
    var extensions: [(kind: Int, data: [UInt8])]? = []

    init() {}

    init(_ extensions: (kind: Int, data: [UInt8])...) {
        self.extensions = extensions
    }

    init(name: [UInt8]) {
        self.init(Self.serverNames(Self.hostName(name)))
    }

    /// `bytes` with their number before them, in `lengthBytes` bytes.
    static func vector(_ lengthBytes: Int, _ bytes: [UInt8]) -> [UInt8] {
        (0..<lengthBytes).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
            + bytes
    }

    static func hostName(_ name: [UInt8]) -> [UInt8] {
        [0] + vector(2, name)
    }

    static func serverNames(_ entries: [UInt8]...) -> (kind: Int, data: [UInt8]) {
        (0, vector(2, entries.flatMap { $0 }))
    }

    static func protocols(_ names: String...) -> (kind: Int, data: [UInt8]) {
        (16, vector(2, names.flatMap { vector(1, Array($0.utf8)) }))
    }

    /// The handshake message, its header included.
    var message: [UInt8] {
        var body = version + [UInt8](repeating: 0xAB, count: 32)
        body += Self.vector(1, session) + Self.vector(2, suites) + Self.vector(1, compressions)
        if let extensions {
            body += Self.vector(
                2,
                extensions.flatMap { kind, data in
                    [UInt8(kind >> 8), UInt8(kind & 0xFF)] + Self.vector(2, data)
                })
        }
        return [messageType] + Self.vector(3, body)
    }

    /// The message in one record.
    var bytes: [UInt8] { records(of: [message.count]) }

    /// The message in records of the given sizes; the last takes the rest.
    func records(of sizes: [Int]) -> [UInt8] {
        Self.records(message, of: sizes, version: recordVersion)
    }

    static func records(
        _ message: [UInt8], of sizes: [Int], version: [UInt8] = [3, 1]
    ) -> [UInt8] {
        var rest = message[...]
        var bytes: [UInt8] = []
        for size in sizes {
            bytes += [22] + version + vector(2, Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        if !rest.isEmpty { bytes += [22] + version + vector(2, Array(rest)) }
        return bytes
    }
}

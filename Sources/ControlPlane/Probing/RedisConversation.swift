import Health
import Linux

/// A Redis probe: `PING`, after `AUTH` when there is a password, in the protocol RESP2.
struct RedisConversation: ByteConversation {
    let opening: [UInt8]
    let isContentWithoutAnswer = false
    private let hasPassword: Bool

    /// Longer lines are no answers to these commands.
    private static let lineBytesMax = 1024
    private static let passwordFileBytesMax = 4096

    /// - Throws: `ProbeFailure` when the password cannot be read.
    init(_ ping: Probe.RedisPing) throws {
        var commands: [UInt8] = []
        if let file = ping.passwordFile {
            commands += Self.command(["AUTH", try Self.password(file)])
        }
        hasPassword = ping.passwordFile != nil
        opening = commands + Self.command(["PING"])
    }

    /// Read for each probe, so that a new password needs no reload.
    private static func password(_ path: String) throws -> String {
        do throws(SystemCallError) {
            let bytes = try SmallFile.read(path, bytesMax: passwordFileBytesMax)
            let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            return String(decoding: line, as: UTF8.self)
        } catch {
            throw ProbeFailure(.other("password file: \(error.errno.message)"))
        }
    }

    private static func command(_ words: [String]) -> [UInt8] {
        var text = "*\(words.count)\r\n"
        for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
        return Array(text.utf8)
    }

    func judge(_ answer: [UInt8], isWhole: Bool) -> Judgement? {
        let lines = Self.lines(answer)
        let expected = hasPassword ? 2 : 1
        guard lines.count >= expected else {
            let isEndless = answer.count > expected * Self.lineBytesMax
            return isWhole || isEndless ? .failure(.malformed) : nil
        }
        let pong = lines[expected - 1]
        if pong.elementsEqual("+PONG".utf8) { return .success() }
        // What AUTH was refused for says more than that PING needs it.
        let refusal = lines.prefix(expected).first { $0.first == UInt8(ascii: "-") }
        if let refusal {
            return .failure(.serverError(String(decoding: refusal.dropFirst(), as: UTF8.self)))
        }
        return .failure(Self.isReply(pong) ? .unexpectedAnswer : .malformed)
    }

    /// The first two lines that ended.
    private static func lines(_ answer: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = answer[...]
        while lines.count < 2, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<end]
            lines.append(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
            rest = rest[(end + 1)...]
        }
        return lines
    }

    private static func isReply(_ line: ArraySlice<UInt8>) -> Bool {
        line.first.map("+-:$*".utf8.contains) ?? false
    }
}

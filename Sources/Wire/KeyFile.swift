/// A file of gossip keys: one key a line in base64, the sealing key first. Empty lines, and
/// whatever follows a `#`, are left out.
package enum KeyFile {
    /// The ring that the text of a file spells.
    package static func parse(_ text: String) throws(KeyFileError) -> KeyRing {
        var keys: [GossipKey] = []
        var lines: [Int] = []
        // To Swift the two characters that end a line of other systems are one.
        let all = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in all.enumerated() {
            let number = index + 1
            let content = trim(line.prefix { $0 != "#" })
            guard !content.isEmpty else { continue }
            guard let bytes = Base64.decode(content) else {
                throw KeyFileError(line: number, problem: .notBase64)
            }
            guard let key = GossipKey(bytes: bytes) else {
                throw KeyFileError(line: number, problem: .wrongLength(bytes: bytes.count))
            }
            if let first = keys.firstIndex(of: key) {
                throw KeyFileError(line: number, problem: .duplicate(ofLine: lines[first]))
            }
            guard keys.count < KeyRing.countMax else {
                throw KeyFileError(line: number, problem: .tooMany(limit: KeyRing.countMax))
            }
            keys.append(key)
            lines.append(number)
        }
        guard let ring = KeyRing(keys) else { throw KeyFileError(line: 1, problem: .noKey) }
        return ring
    }

    private static func trim(_ text: Substring) -> Substring {
        let isBlank = { (character: Character) in character.isWhitespace }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}

/// What is wrong with a key file, and in which line, counted from 1.
package struct KeyFileError: Error, Hashable, Sendable {
    package enum Problem: Hashable, Sendable {
        case notBase64
        case wrongLength(bytes: Int)
        case duplicate(ofLine: Int)
        case tooMany(limit: Int)
        case noKey
    }

    package let line: Int
    package let problem: Problem

    package init(line: Int, problem: Problem) {
        self.line = line
        self.problem = problem
    }
}

extension KeyFileError: CustomStringConvertible {
    /// One line for the operator; the file's name is for the caller to add.
    package var description: String {
        switch problem {
        case .notBase64: "line \(line): not base64"
        case .wrongLength(let bytes):
            "line \(line): the key has \(bytes) bytes, it must have \(GossipKey.length)"
        case .duplicate(let other): "line \(line): the same key as in line \(other)"
        case .tooMany(let limit): "line \(line): more than \(limit) keys"
        case .noKey: "line \(line): no key in the file"
        }
    }
}

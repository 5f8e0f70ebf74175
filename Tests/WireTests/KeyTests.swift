import Testing

@testable import Wire

/// Keys, their spelling and the files they are kept in.
@Suite("Keys")
struct KeyTests {
    @Test(
        "Base64 (RFC 4648 section 10)",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ])
    func base64(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test(
        "Only the canonical spelling is base64",
        arguments: [
            "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=Zg=", "Z g=", "Zm9v=", "Zm-v", "é===",
        ])
    func notBase64(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("A key has 32 bytes, and its description does not tell them")
    func key() {
        #expect(GossipKey(bytes: [UInt8](repeating: 1, count: 31)) == nil)
        #expect(GossipKey(bytes: [UInt8](repeating: 1, count: 33)) == nil)
        let key = Samples.key(1)
        #expect(Base64.decode(key.base64) == key.bytes)
        #expect(!"\(key)".contains(key.base64.prefix(8)))
        #expect(KeyRing([]) == nil)
        #expect(KeyRing([key, key]) == nil)
    }

    @Test("A file has a key a line, comments and empty lines")
    func file() throws {
        let (first, second) = (Samples.key(1), Samples.key(2))
        let text = """
            # gossip keys
            \(first.base64)   # the sealing one

              \(second.base64)\r
            """
        #expect(try KeyFile.parse(text).keys == [first, second])
    }

    @Test("Lines may end as on other systems")
    func lineEnds() throws {
        let (first, second) = (Samples.key(1), Samples.key(2))
        let text = "# gossip keys\r\n\(first.base64)\r\n\r\n\(second.base64) # last\r\n"
        #expect(try KeyFile.parse(text).keys == [first, second])
        #expect(throws: KeyFileError(line: 2, problem: .notBase64)) {
            try KeyFile.parse("# gossip keys\r\nno key\r\n")
        }
    }

    @Test("Errors name the line")
    func errors() {
        let key = Samples.key(1).base64
        let short = Base64.encode([UInt8](repeating: 1, count: 16))
        let many = (0...16).map { Samples.key($0).base64 }.joined(separator: "\n")
        let rows: [(String, KeyFileError)] = [
            ("", KeyFileError(line: 1, problem: .noKey)),
            ("# only this\n", KeyFileError(line: 1, problem: .noKey)),
            ("\(key)\nno key\n", KeyFileError(line: 2, problem: .notBase64)),
            ("\n\n\(short)", KeyFileError(line: 3, problem: .wrongLength(bytes: 16))),
            ("\(key)\n\n\(key)", KeyFileError(line: 3, problem: .duplicate(ofLine: 1))),
            (many, KeyFileError(line: 17, problem: .tooMany(limit: 16))),
        ]
        for (text, error) in rows {
            #expect(throws: error) { try KeyFile.parse(text) }
        }
        #expect(
            "\(rows[3].1)" == "line 3: the key has 16 bytes, it must have 32")
    }

    @Test("The replay window")
    func window() {
        var window = ReplayWindow()
        let rows: [(UInt64, Bool)] = [
            (0, false), (1, true), (1, false), (3, true), (2, true), (2, false), (66, true),
            (3, false), (4, true), (65, true), (1_000, true), (66, false), (937, true),
            (936, false), (.max, true), (.max, false), (.max - 1, true),
        ]
        for (counter, isNew) in rows {
            #expect(window.admit(counter) == isNew, "\(counter)")
        }
    }
}

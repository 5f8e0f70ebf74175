import Health
import Testing

@Suite("Success codes")
struct SuccessCodesTests {
    @Test(
        "Text becomes sorted and merged ranges",
        arguments: [
            ("200", "200"), ("200-299", "200-299"), ("200,204", "200,204"),
            ("204,200", "200,204"), ("200,201", "200-201"), ("200-210,205-299", "200-299"),
            ("200-299,250", "200-299"), (" 200 , 300 - 399 ", "200,300-399"),
            ("100-599", "100-599"), ("599,100", "100,599"),
        ])
    func canonical(text: String, expected: String) {
        #expect(SuccessCodes(text)?.description == expected)
    }

    @Test(
        "Text that is no list of codes is refused",
        arguments: [
            "", ",", "200,", "20", "2000", "099", "600", "299-200", "200-", "-200", "200-300-400",
            "2xx", "+20", "200;201", "2 00", "２００",
            String(repeating: "200,", count: SuccessCodes.rangesMax) + "200",
        ])
    func refused(text: String) {
        #expect(SuccessCodes(text) == nil)
    }

    @Test("A code is contained exactly between the ends of a range")
    func contains() throws {
        let codes = try #require(SuccessCodes("200-299,304"))
        let contained = (UInt16(0)...1_000).filter(codes.contains)
        #expect(contained == Array(200...299) + [304])
    }
}

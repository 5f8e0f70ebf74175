/// The duration that `text` spells: whole numbers with the units `h`, `m`, `s` and `ms`, each at
/// most once and the larger ones first.
func parseDuration(_ text: String) throws(Problem) -> Duration {
    let units: [(name: String, milliseconds: Int64)] = [
        ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    if !text.isEmpty, text.utf8.allSatisfy(isDigit) {
        throw Problem(message: "\(quoted(text)) needs a unit, such as '\(text)s' or '\(text)ms'")
    }
    let wrong = Problem(
        message: "\(quoted(text)) is no duration; write it like 500ms, 5s, 1m30s or 1h")
    var milliseconds: Int64 = 0
    var unitsLeft = units[...]
    var rest = Substring(text).utf8
    guard !rest.isEmpty else { throw wrong }
    while !rest.isEmpty {
        let digits = rest.prefix(while: isDigit)
        rest = rest.dropFirst(digits.count)
        let unit = rest.prefix { !isDigit($0) }
        rest = rest.dropFirst(unit.count)
        // Nine digits of the largest unit still fit, and are far above every limit.
        guard (1...9).contains(digits.count), let number = Int64(Substring(digits)),
            let index = unitsLeft.firstIndex(where: { $0.name.utf8.elementsEqual(unit) })
        else { throw wrong }
        milliseconds += number * units[index].milliseconds
        unitsLeft = units[(index + 1)...]
    }
    return .milliseconds(milliseconds)
}

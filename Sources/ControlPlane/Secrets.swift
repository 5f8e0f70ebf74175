/// Random bytes for keys.
enum Secrets {
    /// From the generator of the operating system, which suits cryptography.
    static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

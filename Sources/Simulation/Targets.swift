/// The numbers that are promised; see issue 3.
enum Targets {
    /// By what time the last survivor holds a crashed node dead.
    static func detection(_ nodes: Int) -> Duration {
        switch nodes {
        case ...2: .milliseconds(3_200)
        case 3: .milliseconds(2_500)
        case ...10: .seconds(3)
        case ...30: .milliseconds(3_500)
        case ...100: .seconds(4)
        default: .seconds(6)
        }
    }

    /// What a node at rest sends a second at most, in bytes at IP level.
    static func idleBytes(_ nodes: Int) -> Double {
        switch nodes {
        case ...10: 300
        case ...30: 350
        case ...100: 400
        default: 700
        }
    }

    /// By what time a change has reached all.
    static let propagation = Duration.seconds(2)
    /// By what time nodes that start together, or again, know one another.
    static func convergence(_ nodes: Int) -> Duration { nodes <= 100 ? .seconds(4) : .seconds(15) }
    /// By what time nobody has news left to send after a start of all.
    static func rest(_ nodes: Int) -> Duration { nodes <= 100 ? .seconds(10) : .seconds(60) }
    /// What a node may send a second while halves become one, in bytes at IP level.
    static func healingBytes(_ nodes: Int) -> Double { 4_000 + 20 * Double(nodes) }
    /// By what time whoever was at fault takes part again.
    static let probation = Duration.seconds(600)
    /// By what time all views are equal after a healed partition.
    static let union = Duration.seconds(10)
}

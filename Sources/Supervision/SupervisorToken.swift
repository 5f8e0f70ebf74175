/// What an event of the supervisor's poller is about.
enum SupervisorToken {
    case signals
    case leash
    case channel(Role)
    case ending(Role)

    private static let controlIndex: UInt64 = 0xFFFF_FFFF

    var rawValue: UInt64 {
        switch self {
        case .signals: 0
        case .leash: 3 << 32
        case .channel(let role): 1 << 32 | Self.index(role)
        case .ending(let role): 2 << 32 | Self.index(role)
        }
    }

    init(rawValue: UInt64) {
        let index = rawValue & 0xFFFF_FFFF
        let role: Role = index == Self.controlIndex ? .control : .worker(Int(index))
        switch rawValue >> 32 {
        case 1: self = .channel(role)
        case 2: self = .ending(role)
        case 3: self = .leash
        default: self = .signals
        }
    }

    private static func index(_ role: Role) -> UInt64 {
        switch role {
        case .control: controlIndex
        case .worker(let index): UInt64(index)
        }
    }
}

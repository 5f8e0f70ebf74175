package import Primitives

/// The stable number of a `CheckDefinition`.
package struct CheckID: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

extension CheckID: Comparable {
    package static func < (left: CheckID, right: CheckID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension CheckID: CustomStringConvertible {
    /// Sixteen hexadecimal digits.
    package var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// What health is known of: an address together with the check that finds it out. Two pools with
/// one backend and different checks may well see it differently.
package struct CheckKey: Hashable, Sendable {
    /// The backend's address, not the port that the check may probe instead.
    package let address: SocketAddress
    package let check: CheckID

    package init(address: SocketAddress, check: CheckID) {
        self.address = address
        self.check = check
    }
}

extension CheckKey: Comparable {
    package static func < (left: CheckKey, right: CheckKey) -> Bool {
        (left.address, left.check) < (right.address, right.check)
    }
}

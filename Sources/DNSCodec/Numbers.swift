/// What kind of data a record has (RFC 1035 section 3.2.2 and IANA's registry); any number may come.
package struct RecordType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// An IPv4 address.
    package static let a = RecordType(rawValue: 1)
    /// A name server of a zone.
    package static let ns = RecordType(rawValue: 2)
    /// Another name for the name, the alias.
    package static let cname = RecordType(rawValue: 5)
    /// The start of a zone's authority.
    package static let soa = RecordType(rawValue: 6)
    /// An IPv6 address (RFC 3596).
    package static let aaaa = RecordType(rawValue: 28)
    /// Where a service is (RFC 2782).
    package static let srv = RecordType(rawValue: 33)
    /// No record, but the extension of a message (RFC 6891).
    package static let opt = RecordType(rawValue: 41)
    /// Asks for every type.
    package static let any = RecordType(rawValue: 255)
}

extension RecordType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .a: "A"
        case .ns: "NS"
        case .cname: "CNAME"
        case .soa: "SOA"
        case .aaaa: "AAAA"
        case .srv: "SRV"
        case .opt: "OPT"
        case .any: "ANY"
        default: "TYPE\(rawValue)"  // RFC 3597 section 5
        }
    }
}

/// The name space of a record (RFC 1035 section 3.2.4): the Internet, all but always.
package struct RecordClass: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let internet = RecordClass(rawValue: 1)
}

/// What a query wants (RFC 1035 section 4.1.1), four bits.
package struct Opcode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue & 0xF
    }

    package static let query = Opcode(rawValue: 0)
}

/// How a server could answer: four bits, twelve with an extension (RFC 6891 section 6.1.3).
package struct ResponseCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue & 0xFFF
    }

    package static let noError = ResponseCode(rawValue: 0)
    /// The server could not read the query.
    package static let formatError = ResponseCode(rawValue: 1)
    /// The server could not find out.
    package static let serverFailure = ResponseCode(rawValue: 2)
    /// There is no such name (NXDOMAIN).
    package static let noSuchName = ResponseCode(rawValue: 3)
    package static let notImplemented = ResponseCode(rawValue: 4)
    package static let refused = ResponseCode(rawValue: 5)
    /// The server does not know this version of the extension.
    package static let badVersion = ResponseCode(rawValue: 16)
}

extension ResponseCode: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noError: "NOERROR"
        case .formatError: "FORMERR"
        case .serverFailure: "SERVFAIL"
        case .noSuchName: "NXDOMAIN"
        case .notImplemented: "NOTIMP"
        case .refused: "REFUSED"
        case .badVersion: "BADVERS"
        default: "RCODE\(rawValue)"
        }
    }
}

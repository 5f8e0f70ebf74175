package import Primitives

/// What is asked: the records of a type that a name has.
package struct Question: Hashable, Sendable {
    package var name: DomainName
    package var type: RecordType
    package var `class`: RecordClass

    package init(name: DomainName, type: RecordType, class: RecordClass = .internet) {
        self.name = name
        self.type = type
        self.class = `class`
    }
}

/// One thing that is known of a name.
package struct Record: Hashable, Sendable {
    /// The longest time to live: 31 bits (RFC 2181 section 8).
    package static let timeToLiveMax: UInt32 = 0x7FFF_FFFF

    package var name: DomainName
    package var `class`: RecordClass
    /// For how many seconds this may be kept; 0 = for this use only.
    package var timeToLive: UInt32
    package var data: RecordData

    package init(
        name: DomainName, class: RecordClass = .internet, timeToLive: UInt32, data: RecordData
    ) {
        self.name = name
        self.class = `class`
        self.timeToLive = min(timeToLive, Self.timeToLiveMax)
        self.data = data
    }

    package var type: RecordType { data.type }
}

/// The data of a record. Only those of class Internet are understood.
package enum RecordData: Hashable, Sendable {
    /// A or AAAA.
    case address(IPAddress)
    /// CNAME: the name that this one is an alias of.
    case alias(DomainName)
    /// NS.
    case nameServer(DomainName)
    /// SRV.
    case service(Service)
    /// SOA.
    case authority(Authority)
    /// Any other type, or class, and its bytes. A name in these may be compressed, and then means
    /// nothing outside of the message that it came in.
    case other(RecordType, [UInt8])

    /// Where a service is (RFC 2782).
    package struct Service: Hashable, Sendable {
        /// Targets with the lowest number that can be reached are used, and no others.
        package var priority: UInt16
        /// The share of this target among those of its priority.
        package var weight: UInt16
        package var port: UInt16
        /// The root if the service is decidedly not there.
        package var target: DomainName

        package init(priority: UInt16, weight: UInt16, port: UInt16, target: DomainName) {
            self.priority = priority
            self.weight = weight
            self.port = port
            self.target = target
        }
    }

    /// The start of a zone's authority (RFC 1035 section 3.3.13).
    package struct Authority: Hashable, Sendable {
        package var primary: DomainName
        /// The mailbox of who is responsible, written as a name.
        package var mailbox: DomainName
        package var serial: UInt32
        /// Seconds, as the three below.
        package var refresh: UInt32
        package var retry: UInt32
        package var expire: UInt32
        /// For how long an answer that there is nothing may be kept (RFC 2308 section 4).
        package var minimum: UInt32

        package init(
            primary: DomainName, mailbox: DomainName, serial: UInt32, refresh: UInt32,
            retry: UInt32, expire: UInt32, minimum: UInt32
        ) {
            self.primary = primary
            self.mailbox = mailbox
            self.serial = serial
            self.refresh = refresh
            self.retry = retry
            self.expire = expire
            self.minimum = minimum
        }
    }

    package var type: RecordType {
        switch self {
        case .address(let ip): ip.isIPv4 ? .a : .aaaa
        case .alias: .cname
        case .nameServer: .ns
        case .service: .srv
        case .authority: .soa
        case .other(let type, _): type
        }
    }
}

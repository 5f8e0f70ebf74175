extension Configuration {
    /// How a pool chooses a backend.
    package struct Balance: Hashable, Sendable {
        /// What balancing calls the algorithms; weights count in all of them.
        package enum Algorithm: String, Hashable, Sendable, CaseIterable {
            /// In turn; of unequal weights the turns are interleaved (A B A C A B).
            case roundRobin = "round-robin"
            /// In turn, as many times running as the weight says (A A A B B C).
            case weightedBlocks = "weighted-blocks"
            case leastConnections = "least-connections"
            /// By the client's address modulo the number of backends.
            case ipHash = "ip-hash"
            /// By a key of the client, so that few clients move when backends come or go.
            case consistentHash = "consistent-hash"
            case leastResponseTime = "least-response-time"
            case random
            /// The less loaded of two drawn at random.
            case powerOfTwo = "power-of-two"
        }

        /// What `consistentHash` hashes.
        package enum HashKey: Hashable, Sendable {
            case address
            /// The value of a request header.
            case header(String)
            /// The value of a cookie.
            case cookie(String)
            case path
            /// The server name of a TLS ClientHello.
            case sni
        }

        /// Bits of an IPv6 client's address that are hashed, from the left, unless told otherwise.
        /// Privacy addresses (RFC 8981) change only the last 64.
        package static let ipv6PrefixDefault = 64

        package var algorithm: Algorithm
        /// Only for `consistentHash`.
        package var hashOn = HashKey.address
        /// Bounds the load of a backend with `consistentHash`, in percent of what it would have if
        /// load were even; above 100. Nil for no bound.
        package var balanceFactor: Int?
        /// 1...128. Only for `ipHash`, and `consistentHash` of addresses.
        package var ipv6Prefix = Self.ipv6PrefixDefault

        package static let roundRobin = Balance(algorithm: .roundRobin)
    }
}

extension Configuration.Balance {
    private enum HashOn: String, CaseIterable {
        case address
        case header
        case cookie
        case path
        case sni
    }

    init(reading keys: inout SectionReader) {
        algorithm = keys.required("algorithm", .algorithm, "how a backend is chosen")
        let hashes = Condition("algorithm", is: Algorithm.consistentHash, of: "balancing")
        let hashOn: HashOn = keys.value(
            "hash-on", .choice(), default: .address,
            "what is hashed: the client's address, a header or cookie, the path, or the TLS name",
            for: hashes)
        let name = keys.required(
            "name", .token, "the header or cookie that is hashed",
            for: hashes, Condition("hash-on", is: HashOn.header, .cookie, of: "hashing"))
        balanceFactor = keys.optional(
            "balance-factor", .number(101...10_000), absent: "no bound",
            "percent of its fair share that a backend may carry before others step in", for: hashes)
        ipv6Prefix = keys.value(
            "ipv6-prefix", .number(1...128), default: Self.ipv6PrefixDefault,
            "bits of an IPv6 client's address that are hashed, from the left",
            for: Condition("algorithm", is: Algorithm.ipHash, .consistentHash, of: "balancing"),
            Condition("hash-on", is: HashOn.address, of: "hashing"))
        self.hashOn =
            switch hashOn {
            case .address: .address
            case .header: .header(name)
            case .cookie: .cookie(name)
            case .path: .path
            case .sni: .sni
            }
    }
}

extension Kind where Value == Configuration.Balance.Algorithm {
    /// `weighted` says what is always so, and is taken as it is meant.
    static var algorithm: Kind { .choice(synonyms: ["weighted": .roundRobin]) }
}

extension Kind where Value == Configuration.Balance {
    /// An algorithm, or a mapping with its options.
    static var balance: Kind {
        .wordOrSection(
            Kind<Configuration.Balance.Algorithm>.algorithm.map {
                Configuration.Balance(algorithm: $0)
            } back: {
                $0.algorithm
            },
            .section(Configuration.Balance.init(reading:)))
    }
}

extension Configuration {
    /// How a client comes back to the backend that it had before.
    package enum Sticky: Hashable, Sendable {
        /// By its address, hashed consistently.
        case address
        case cookie(StickyCookie)
    }

    /// The cookie that says which backend a client had. RFC 6265 has the meaning of its parts.
    package struct StickyCookie: Hashable, Sendable {
        package enum Mode: String, Hashable, Sendable, CaseIterable {
            /// A cookie of our own.
            case insert
            /// The application's own cookie, its value prefixed with the backend.
            case prefix
        }

        package enum Secure: String, Hashable, Sendable, CaseIterable {
            /// Where the client came by TLS.
            case auto
            case always = "true"
            case never = "false"
        }

        package enum SameSite: String, Hashable, Sendable, CaseIterable {
            case lax
            case strict
            case none
        }

        /// A token.
        package var name: String
        package var mode: Mode
        /// How long it lasts; whole seconds count. Nil for until the browser is closed.
        package var ttl: Duration?
        package var path: String
        /// Nil for the host that was asked alone.
        package var domain: String?
        /// Whether scripts are kept from it.
        package var isHTTPOnly: Bool
        package var secure: Secure
        package var sameSite: SameSite
        /// Whether backends are kept from it; `insert` only.
        package var isIndirect: Bool
        /// Whether responses that set it are marked as not to be cached by others.
        package var isNotCached: Bool
    }
}

extension Configuration.Sticky {
    init(reading keys: inout SectionReader) {
        let isByAddress = keys.value(
            "address", .flag, default: false,
            "whether clients are told apart by their address, and not by a cookie")
        let cookie = Configuration.StickyCookie(reading: &keys)
        self = isByAddress ? .address : .cookie(cookie)
    }
}

extension Configuration.StickyCookie {
    /// Reads the keys that stand beside `address`, and are refused where that is true.
    init(reading keys: inout SectionReader) {
        let byCookie = Condition(
            "address", isText: ["false"], because: "is for stickiness by cookie, not by address")
        mode = keys.value(
            "mode", .choice(), default: .insert,
            "insert sets a cookie of its own, prefix marks one of the application's",
            for: byCookie)
        name = keys.value(
            "cookie", .token, default: "LB_SESSION",
            "what the cookie is called; with mode prefix, the application's", for: byCookie)
        let byInsertion = Condition(
            "mode", isText: [Mode.insert.rawValue],
            because: "is for mode insert; of the application's cookie the application decides")
        // Browsers keep no cookie for more than 400 days (RFC 6265bis section 5.5).
        ttl = keys.optional(
            "ttl", .duration(.seconds(1) ... .seconds(400 * 86_400)),
            absent: "until the browser is closed", "how long the cookie lasts", for: byCookie,
            byInsertion)
        path = keys.value(
            "path", .cookiePath, default: "/", "the paths that the cookie is for",
            for: byCookie, byInsertion)
        domain = keys.optional(
            "domain", .domain, absent: "the host that was asked alone",
            "the domain that the cookie is for, with all below it", for: byCookie, byInsertion)
        isHTTPOnly = keys.value(
            "http-only", .flag, default: true, "whether scripts are kept from the cookie",
            for: byCookie, byInsertion)
        secure = keys.value(
            "secure", .choice(), default: .auto,
            "whether browsers send it by TLS alone; auto: if it was set by TLS",
            for: byCookie, byInsertion)
        sameSite = keys.value(
            "same-site", .choice(), default: .lax,
            "whether other sites' requests carry it: lax, strict or none", for: byCookie,
            byInsertion)
        keys.expect(sameSite != .none || secure != .never, of: "same-site") {
            "browsers drop a cookie with same-site none that may go without TLS; "
                + "leave 'secure' at auto, or set it to true"
        }
        isIndirect = keys.value(
            "indirect", .flag, default: true, "whether backends are kept from the cookie",
            for: byCookie, byInsertion)
        isNotCached = keys.value(
            "nocache", .flag, default: true,
            "whether responses that set the cookie are marked as not to be cached by others",
            for: byCookie)
        keys.needs(
            "cookie", where: byCookie, Condition("mode", is: Mode.prefix, of: "cookies"),
            help: "the application's cookie that is marked")
    }
}

extension Kind where Value == String {
    /// The path attribute of a cookie (RFC 6265 section 4.1.1).
    static var cookiePath: Kind {
        .text(
            "a path", placeholder: "",
            shape: .text(
                TextShape(
                    "path", limits: "begins with `/`", pattern: "^/[!-:<-~]*$", lengthMax: 1_024)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard text.hasPrefix("/"), text.utf8.count <= 1_024, isVisible(text),
                !text.contains(";")
            else {
                throw Problem(
                    message: "\(quoted(text)) is no path of a cookie: it begins with '/' and has "
                        + "at most 1024 visible ASCII characters, no ';' among them")
            }
            return text
        }
    }

    /// A name of the domain name system, without a dot at its end.
    static var domain: Kind {
        .text(
            "a domain", placeholder: "",
            shape: .text(
                TextShape("domain", pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]*$", lengthMax: 253)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard isDomain(text) else {
                throw Problem(message: "\(quoted(text)) is no domain such as example.com")
            }
            return text
        }
    }
}

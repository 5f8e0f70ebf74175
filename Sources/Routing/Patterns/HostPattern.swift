internal import Primitives

/// Which hosts a route is for: `example.com`, `*.example.com` or `*`.
///
/// As in the Kubernetes Gateway API, `*.example.com` stands for one label or more in front:
/// `a.example.com` and `a.b.example.com`, not `example.com`. Case does not matter, nor does the
/// port of a request or one dot behind its host.
package struct HostPattern: Hashable, Sendable {
    /// How much of a host is given.
    package enum Kind: Hashable, Sendable {
        /// All of it.
        case exact
        /// What stands behind `*.`.
        case wildcard
        /// Nothing: any host, and none.
        case any
    }

    package let kind: Kind
    /// The name in lower case, without `*.`; empty for any.
    package let name: String

    /// Any host, and none.
    package static let any = HostPattern(kind: .any, name: "")

    private init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// The pattern that `text` spells: a host name, an address (IPv6 in brackets), a host name
    /// whose first label is `*`, or `*`.
    package init(_ text: String) throws(PatternError) {
        guard !text.isEmpty else { throw .empty }
        guard text != "*" else {
            kind = .any
            name = ""
            return
        }
        kind = text.hasPrefix("*.") ? .wildcard : .exact
        let rest = kind == .wildcard ? String(text.dropFirst(2)) : text
        guard rest.utf8.count <= RouteLimits.hostBytesMax else {
            throw .tooLong(limit: RouteLimits.hostBytesMax)
        }
        guard !rest.contains("*") else { throw .hostWildcard }
        if kind == .exact, rest.hasPrefix("[") {
            try Self.checkBracketed(rest)
        } else {
            try Self.checkLabels(rest)
        }
        name = String(decoding: rest.utf8.map(\.lowercased), as: UTF8.self)
    }

    private static func checkBracketed(_ text: String) throws(PatternError) {
        guard text.utf8.last == UInt8(ascii: "]") else { throw .hostPort }
        guard let address = IPAddress(text.dropFirst().dropLast()), !address.isIPv4 else {
            throw .hostLabel(text)
        }
    }

    private static func checkLabels(_ text: String) throws(PatternError) {
        guard !text.utf8.contains(.colon) else { throw .hostPort }
        for label in text.split(separator: ".", omittingEmptySubsequences: false) {
            let isName = label.utf8.allSatisfy {
                $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
            guard isName, (1...RouteLimits.labelBytesMax).contains(label.utf8.count) else {
                throw .hostLabel(String(label))
            }
        }
    }
}

extension HostPattern: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .exact: name
        case .wildcard: "*." + name
        case .any: "*"
        }
    }
}

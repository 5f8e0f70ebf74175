/// What a pool asks for, against what the listeners that use it can give.
extension SharedPart {
    /// Hashing a header and the like needs HTTP, and hashing the TLS name a ClientHello: from
    /// every listener of the pool, or some clients would have no key.
    func validateUse(_ root: YAMLValue, _ reporter: Reporter) {
        let users = Dictionary(grouping: listeners.indices, by: { listeners[$0].pool })
        for (index, pool) in pools.enumerated() where !pool.name.isEmpty {
            for need in pool.needs(at: index, root) {
                for user in users[pool.name] ?? [] {
                    let path: [PathStep] = ["listeners", .index(user), "protocol"]
                    let listener = listeners[user]
                    // A protocol that was refused when it was read has a placeholder.
                    guard listener.protocol != need.protocol,
                        root.text(at: path) == listener.protocol.rawValue
                    else { continue }
                    reporter.error(
                        at: root.place(of: need.path),
                        "\(need.what) is for pools whose listeners all have protocol "
                            + "\(need.protocol.rawValue); \(quoted(listener.name)), at "
                            + "\(root.place(of: path)), has \(listener.protocol.rawValue)")
                    break
                }
            }
        }
    }
}

/// Something in a pool that only listeners with one protocol can give.
private struct ProtocolNeed {
    let `protocol`: Configuration.ListenerProtocol
    /// Where it is asked for.
    let path: [PathStep]
    let what: String
}

extension Configuration.Pool {
    fileprivate func needs(at index: Int, _ root: YAMLValue) -> [ProtocolNeed] {
        var needs: [ProtocolNeed] = []
        let hashOn: [PathStep] = ["pools", .index(index), "balance", "hash-on"]
        if let key = root.text(at: hashOn) {
            switch balance.hashOn {
            case .address:
                break
            case .header, .cookie, .path:
                needs.append(ProtocolNeed(protocol: .http, path: hashOn, what: quoted(key)))
            case .sni:
                needs.append(
                    ProtocolNeed(protocol: .tlsPassthrough, path: hashOn, what: quoted(key)))
            }
        }
        if case .cookie = sticky {
            needs.append(
                ProtocolNeed(
                    protocol: .http, path: ["pools", .index(index), "sticky"],
                    what: "stickiness by cookie"))
        }
        return needs
    }
}

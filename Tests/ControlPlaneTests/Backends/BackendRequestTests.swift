import Testing
import Wire

@testable import ConfigurationFile
@testable import ControlPlane

@Suite("Requests to register or change a backend")
struct BackendRequestTests {
    private func read(_ body: String) throws(InvalidBackendRequest) -> BackendRequest {
        try BackendRequest.read(Array(body.utf8))
    }

    @Test("A body says any part of it, or nothing")
    func good() throws {
        let rows: [(String, BackendRequest)] = [
            ("", BackendRequest()), ("{}", BackendRequest()),
            (" { \"weight\" : 3 }\n", BackendRequest(weight: 3)),
            ("{\"weight\":0}", BackendRequest(weight: 0)),
            ("{\"weight\":256}", BackendRequest(weight: 256)),
            ("{\"state\":\"ready\"}", BackendRequest(state: .ready)),
            ("{\"state\":\"drain\"}", BackendRequest(state: .drain)),
            ("{\"state\":\"maintenance\"}", BackendRequest(state: .maintenance)),
            ("{\"backup\":false}", BackendRequest(backup: false)),
            ("{\"backup\":true,\"ttl\":1}", BackendRequest(backup: true, ttl: 1)),
            ("{\"max-connections\":1}", BackendRequest(maxConnections: 1)),
            (
                "{\"max-connections\":1000000,\"ttl\":86400}",
                BackendRequest(maxConnections: 1_000_000, ttl: 86_400)
            ),
            ("{\"weight\":null}", BackendRequest()),
        ]
        for (body, expected) in rows {
            #expect(try read(body) == expected, "\(body)")
        }
    }

    @Test("A wrong body is refused with a sentence that says what is wrong")
    func bad() {
        let types =
            "weight, max-connections and ttl are whole numbers, backup is true or false, "
            + "state is ready, drain or maintenance"
        let unknown = "known: weight, state, backup, max-connections, ttl"
        let rows: [(String, String)] = [
            ("x", "the body is no JSON object"), ("[]", "the body is no JSON object"),
            ("7", "the body is no JSON object"), ("{\"weight\":3", "the body is no JSON object"),
            ("null", "the body is no JSON object"), ("\u{0}", "the body is no JSON object"),
            ("{\"wieght\":3}", "unknown key 'wieght'; \(unknown)"),
            ("{\"maxConnections\":3}", "unknown key 'maxConnections'; \(unknown)"),
            ("{\"b\":1,\"a\":1,\"weight\":1}", "unknown key 'a'; \(unknown)"),
            ("{\"weight\":\"3\"}", types), ("{\"weight\":1.5}", types),
            ("{\"weight\":true}", types), ("{\"weight\":1e40}", types),
            ("{\"state\":\"up\"}", types), ("{\"state\":1}", types),
            ("{\"backup\":1}", types), ("{\"backup\":\"true\"}", types),
            ("{\"weight\":-1}", "weight: -1 is not from 0 to 256"),
            ("{\"weight\":257}", "weight: 257 is not from 0 to 256"),
            ("{\"max-connections\":0}", "max-connections: 0 is not from 1 to 1000000"),
            ("{\"max-connections\":1000001}", "max-connections: 1000001 is not from 1 to 1000000"),
            ("{\"ttl\":0}", "ttl: 0 is not from 1 to 86400"),
            ("{\"ttl\":86401}", "ttl: 86401 is not from 1 to 86400"),
        ]
        for (body, reason) in rows {
            let error = #expect(throws: InvalidBackendRequest.self, "\(body)") { try read(body) }
            #expect(error?.reason == reason, "\(body)")
        }
    }

    @Test("Brackets as deep as a body allows are refused and do no harm")
    func deep() {
        let half = BackendRequest.bytesMax / 2
        let nested = String(repeating: "[", count: half) + String(repeating: "]", count: half)
        for body in [nested, "{\"weight\":\(nested)}", String(repeating: "{\"a\":", count: half)] {
            #expect(throws: InvalidBackendRequest.self) { try read(body) }
        }
    }

    @Test("What a request does not say stays as it was")
    func change() {
        var before = Pools.registered(1)
        before.state = .drain
        before.weight = 5
        before.isBackup = true
        before.maxConnections = 9
        before.timeToLive = 30
        let rows: [(BackendRequest, (inout SharedBackend) -> Void)] = [
            (BackendRequest(), { _ in }), (BackendRequest(weight: 0), { $0.weight = 0 }),
            (BackendRequest(state: .ready), { $0.state = .ready }),
            (BackendRequest(state: .maintenance), { $0.state = .maintenance }),
            (BackendRequest(backup: false), { $0.isBackup = false }),
            (BackendRequest(maxConnections: 1), { $0.maxConnections = 1 }),
            (BackendRequest(ttl: 60), { $0.timeToLive = 60 }),
        ]
        for (request, change) in rows {
            var (changed, expected) = (before, before)
            request.change(&changed)
            change(&expected)
            #expect(changed == expected, "\(request)")
        }
    }
}

import Foundation

/// An address that takes no connection and refuses none: a listener whose queue is full, so the
/// kernel drops every further SYN.
final class BlackHole {
    let endpoint: Endpoint
    private let listener: BareSocket
    private let waiting: [BareSocket]

    init() async throws {
        listener = try BareSocket(.stream)
        try listener.bind(to: Endpoint(host: Endpoint.freshHost(), port: 0))
        guard listen(listener.number, 0) == 0 else { throw Failure.system("listen") }
        let endpoint = try listener.localEndpoint()
        self.endpoint = endpoint
        waiting = try (0..<4).map { _ in
            let socket = try BareSocket(.stream)
            _ = fcntl(socket.number, F_SETFL, O_NONBLOCK)
            _ = endpoint.withAddress { connect(socket.number, $0, $1) }
            return socket
        }
    }
}

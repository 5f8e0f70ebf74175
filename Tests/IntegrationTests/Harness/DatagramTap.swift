import Foundation

/// A UDP socket that nodes may take for another node's: keeps what comes, sends what it is given.
final class DatagramTap: Sendable {
    private let socket: BareSocket
    let endpoint: Endpoint

    init() throws {
        socket = try BareSocket(.datagram)
        try socket.bind(to: Endpoint(host: Endpoint.freshHost(), port: 0))
        endpoint = try socket.localEndpoint()
    }

    func send(_ bytes: [UInt8], to target: Endpoint) throws {
        let sent = target.withAddress { address, size in
            sendto(socket.number, bytes, bytes.count, 0, address, size)
        }
        guard sent == bytes.count else { throw Failure.system("sendto \(target)") }
    }

    /// The next datagram that came or comes; nil when there is none within `limit`.
    func receive(within limit: Duration) async -> [UInt8]? {
        guard await Readiness.wait(socket.number, for: POLLIN, until: Deadline(in: limit)) else {
            return nil
        }
        return [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            count = max(0, recv(socket.number, buffer.baseAddress, buffer.count, 0))
        }
    }
}

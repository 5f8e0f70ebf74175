import Foundation
import Hummingbird
package import Linux
import Logging
import NIOCore
package import Primitives

/// A small HTTP server that says its own name, so that one sees which backend answered.
package struct DemoBackend: Sendable {
    let name: String
    let address: Primitives.SocketAddress

    package init(name: String, address: Primitives.SocketAddress) {
        self.name = name
        self.address = address
    }

    /// Ends this process when the one that holds the other end of the leash has ended.
    package static func endWithParent(leash: consuming MessageSocket) {
        let leash = Leash(socket: leash)
        Thread.detachNewThread {
            _ = try? leash.socket.waitReadable(milliseconds: -1)
            exit(0)
        }
    }

    private final class Leash: Sendable {
        let socket: MessageSocket
        init(socket: consuming MessageSocket) { self.socket = socket }
    }

    /// Serves until the process is told to stop.
    package func run() async throws {
        var logger = Logger(label: name)
        logger.logLevel = .error
        let name = name
        let router = Router()
        for path: RouterPath in ["/", "**"] {
            router.get(path) { _, _ in
                Response(
                    status: .ok, headers: [.contentType: "text/plain"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: name + "\n")))
            }
        }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(address.ip.description, port: Int(address.port)),
                serverName: nil, reuseAddress: true),
            logger: logger)
        try await application.runService()
    }
}

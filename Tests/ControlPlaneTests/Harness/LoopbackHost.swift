import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Loopback addresses that nothing else in this run uses.
enum LoopbackHost {
    private static let count = Mutex(0)

    /// 127.200-254.64-243.1-254; what runs at the same time in another process has another third
    /// number.
    static func fresh() -> String {
        let count = count.withLock { count in
            count += 1
            return count
        }
        return "127.\(200 + count / 254 % 55).\(64 + getpid() % 180).\(1 + count % 254)"
    }

    /// A UDP port of `host` that nobody uses now.
    static func freePort(of host: String) async throws -> Int {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: host, port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close().get()
        return port
    }
}

import Linux
import NIOCore
import NIOPosix
import Primitives

/// The UDP socket that gossip comes in on; hands every datagram to control, on its event loop.
enum GossipSocket {
    /// Datagrams that are longer than any of ours are cut here, and then fail their seal.
    private static let datagramBytesMax = 2_048

    static func open(
        on address: Primitives.SocketAddress, control: Control
    ) async throws -> any Channel {
        do {
            return try await DatagramBootstrap(group: control.loop)
                .channelOption(
                    .recvAllocator,
                    value: FixedSizeRecvByteBufferAllocator(capacity: datagramBytesMax)
                )
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            DatagramHandler(control: control))
                    }
                }
                .bind(host: address.ip.description, port: Int(address.port)).get()
        } catch let error as IOError {
            let errno = Errno(rawValue: error.errnoCode)
            throw StartFailure("cannot gossip on \(address): \(errno.message) (\(errno.name))")
        }
    }

    private final class DatagramHandler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let control: Control

        init(control: Control) { self.control = control }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            guard let source = Primitives.SocketAddress(envelope.remoteAddress) else { return }
            let bytes = Array(envelope.data.readableBytesView)
            control.assumeIsolated { $0.receive(bytes, from: source) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // An ICMP message about a datagram to a dead peer; gossip finds out by itself.
        }
    }
}

extension Primitives.SocketAddress {
    init?(_ address: NIOCore.SocketAddress) {
        guard let text = address.ipAddress, let ip = IPAddress(text),
            let port = address.port.flatMap({ UInt16(exactly: $0) })
        else { return nil }
        self.init(ip: ip, port: port)
    }
}

/// Why control cannot start, as one line for the operator.
struct StartFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

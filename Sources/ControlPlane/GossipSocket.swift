import Linux
import NIOCore
import NIOPosix
import Primitives

/// The UDP socket that gossip comes in on; hands every datagram to control, on its event loop.
struct GossipSocket: Sendable {
    private let channel: any Channel
    /// The channel's descriptor, which lives as long as this process.
    private let number: CInt

    /// Datagrams that are longer than any of ours are cut here, and then fail their seal.
    private static let datagramBytesMax = 2_048

    static func open(
        on address: Primitives.SocketAddress, control: Control
    ) async throws -> GossipSocket {
        let descriptor: Descriptor
        do throws(SystemCallError) {
            descriptor = try DatagramSocket.bind(address)
        } catch {
            throw StartFailure(
                "cannot gossip on \(address): \(error.errno.message) (\(error.errno.name))")
        }
        let number = descriptor.number
        let channel = try await DatagramBootstrap(group: control.loop)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: datagramBytesMax)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramHandler(control: control))
                }
            }
            .withBoundSocket(descriptor.release()).get()
        return GossipSocket(channel: channel, number: number)
    }

    /// Sends one datagram, past the channel: that would close itself over an error that concerns
    /// one peer.
    func send(_ bytes: [UInt8], to address: Primitives.SocketAddress) -> Errno? {
        DatagramSocket.send(bytes, to: address, over: number)
    }

    var eventLoop: any EventLoop { channel.eventLoop }

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

        func channelInactive(context: ChannelHandlerContext) {
            control.assumeIsolated { $0.gossipSocketClosed() }
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

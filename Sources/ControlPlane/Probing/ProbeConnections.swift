import Health
import NIOCore
import NIOPosix
import Primitives

/// How a probe on a connection ends: it succeeds, or fails with an error that `FailureReason` can
/// read. What comes second counts for nothing.
typealias ProbeOutcome = EventLoopPromise<Void>

/// Opens a connection for each probe and closes it again.
struct ProbeConnections: Sendable {
    private let group: any EventLoopGroup

    /// How many bytes one read takes in.
    private static let readSize = 8 * 1024

    init(group: any EventLoopGroup) {
        self.group = group
    }

    /// Connects to `target` and returns once the outcome is a success and the connection closed.
    ///
    /// - Parameters:
    ///   - timeout: for everything together, from the first packet to the outcome.
    ///   - setUp: adds the handlers that speak the protocol and decide the outcome.
    /// - Throws: what the outcome failed with.
    func run(
        to target: Primitives.SocketAddress, timeout: Duration,
        setUp: @escaping @Sendable (any Channel, ProbeOutcome) throws -> Void
    ) async throws {
        let address = try NIOCore.SocketAddress(
            ipAddress: target.ip.description, port: Int(target.port))
        let loop = group.any()
        let outcome = loop.makePromise(of: Void.self)
        let deadline = loop.scheduleTask(in: TimeAmount(timeout)) {
            outcome.fail(ProbeFailure(.timedOut))
        }
        defer { deadline.cancel() }
        let connecting = connect(to: address, on: loop, timeout, outcome, setUp)
        connecting.whenFailure { outcome.fail($0) }
        // Whoever waits for the result finds the descriptor closed.
        let closed = connecting.flatMap { $0.closeFuture }
        let result = await withTaskCancellationHandler {
            await outcome.futureResult.result()
        } onCancel: {
            outcome.fail(CancellationError())
        }
        _ = await closed.result()
        try result.get()
    }

    private func connect(
        to address: NIOCore.SocketAddress, on loop: any EventLoop, _ timeout: Duration,
        _ outcome: ProbeOutcome,
        _ setUp: @escaping @Sendable (any Channel, ProbeOutcome) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readSize)
            )
            // A little later than the deadline, which tells the reason.
            .connectTimeout(TimeAmount(timeout + .seconds(1)))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnswerLimit(outcome))
                    try setUp(channel, outcome)
                }
            }
            .connect(to: address)
    }
}

extension EventLoopFuture where Value: Sendable {
    /// What the future ends with.
    fileprivate func result() async -> Result<Value, any Error> {
        do {
            return .success(try await get())
        } catch {
            return .failure(error)
        }
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        self = .nanoseconds(duration.nanoseconds)
    }
}

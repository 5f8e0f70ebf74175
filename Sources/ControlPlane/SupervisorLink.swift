import Foundation
import Linux
import SharedState

/// Control's end of the message socket to the supervisor.
final class SupervisorLink: Sendable {
    private let socket: MessageSocket

    init(_ socket: consuming MessageSocket) {
        self.socket = socket
    }

    /// What the supervisor hands over when it starts this process.
    struct Start {
        let memory: NodeMemory
        let configuration: String
    }

    /// Waits for the first message and what comes with it.
    func receiveStart() throws -> Start {
        guard try socket.waitReadable(milliseconds: 10_000),
            case .message(let message, let descriptors) = socket.receive(),
            case .start = ProcessMessage(message), descriptors.count == 2
        else { throw SupervisorLinkError.noStart }
        let memory = try NodeMemory(file: Descriptor(owning: descriptors[0]))
        let text = Descriptor(owning: descriptors[1])
        let size = try MemoryFile.size(of: text)
        let bytes = size == 0 ? [] : try Mapping(text, size: size, readOnly: true).copy()
        return Start(memory: memory, configuration: String(decoding: bytes, as: UTF8.self))
    }

    func publish(_ table: Table) throws(SystemCallError) {
        let file = try table.makeFile()
        try socket.send(.table, descriptors: [file.number])
    }

    func sayReady() throws(SystemCallError) {
        try socket.send(.ready)
    }

    /// What the supervisor asks for; ends when the supervisor is gone.
    func messages() -> AsyncStream<ProcessMessage> {
        let (stream, continuation) = AsyncStream.makeStream(of: ProcessMessage.self)
        // A thread that waits costs nothing, and a SEQPACKET socket fits no channel of NIO's.
        Thread.detachNewThread { [self] in
            while (try? socket.waitReadable(milliseconds: -1)) == true {
                switch socket.receive() {
                case .nothingYet: continue
                case .closed:
                    continuation.finish()
                    return
                case .message(let bytes, let descriptors):
                    for descriptor in descriptors { closeDescriptor(descriptor) }
                    if let message = ProcessMessage(bytes) { continuation.yield(message) }
                }
            }
            continuation.finish()
        }
        return stream
    }
}

/// The process was not started by a supervisor.
enum SupervisorLinkError: Error, CustomStringConvertible {
    case noStart

    var description: String { "control is started by 'skein run', not by hand" }
}

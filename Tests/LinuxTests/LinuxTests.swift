import Glibc
import Primitives
import Testing

@testable import Linux

@Suite("System calls")
struct LinuxTests {
    @Test("Errors name the call and the errno")
    func errors() {
        let error = SystemCallError("bind", .addressInUse)
        #expect("\(error)" == "bind: Address already in use (EADDRINUSE)")
    }

    @Test("A message carries its bytes and working descriptors")
    func messageSocket() throws {
        let pair = try MessageSocket.pair()
        let memory = try MemoryFile.sealed(name: "test", bytes: [1, 2, 3])
        let theirs = MessageSocket(Descriptor(owning: try duplicate(pair.theirs.number)))
        let ours = MessageSocket(pair.takeOurs())
        guard case .nothingYet = theirs.receive() else {
            Issue.record("a message before any was sent")
            return
        }
        try ours.send([7, 8, 9], descriptors: [memory.number])
        guard case .message(let bytes, let descriptors) = theirs.receive() else {
            Issue.record("no message")
            return
        }
        #expect(bytes == [7, 8, 9])
        #expect(descriptors.count == 1)
        let received = Descriptor(owning: descriptors[0])
        let size = try MemoryFile.size(of: received)
        #expect(size == 3)
    }

    @Test("Two sockets share an address only on purpose, and a taken one is found out")
    func listeners() throws {
        let any = try #require(SocketAddress("127.0.0.1:0"))
        let first = try Socket.listen(on: any)
        let address = try #require(try Socket.localAddress(of: first.number))
        #expect(address.port != 0)
        _ = try Socket.listen(on: address)
        let error = #expect(throws: SystemCallError.self) { try Socket.requireFree(address) }
        #expect(error?.errno == .addressInUse)
    }

    @Test(
        "An address survives the kernel's form", arguments: ["127.0.0.1:80", "[2001:db8::7]:443"])
    func storage(text: String) {
        let address = SocketAddress(text)
        #expect(address.map { SocketAddressStorage($0).address } == address)
    }

    @Test("Steering sends every new connection to the chosen sockets, and none elsewhere")
    func steering() throws {
        let any = try #require(SocketAddress("127.0.0.1:0"))
        let first = try Socket.listen(on: any)
        let address = try #require(try Socket.localAddress(of: first.number))
        let second = try Socket.listen(on: address)
        let third = try Socket.listen(on: address)
        let sockets = [first.number, second.number, third.number]
        func accepted(_ chosen: [Int]) throws -> [Int] {
            try Steering.steer(group: sockets[0], to: chosen)
            var clients: [CInt] = []
            for _ in 0..<60 {
                clients.append(try Socket.connect(to: SocketAddressStorage(address)).release())
            }
            defer { for client in clients { closeDescriptor(client) } }
            return sockets.map { socket in
                var count = 0
                var peer = SocketAddressStorage(address)
                while case .bytes(let descriptor) = Socket.accept(on: socket, peer: &peer) {
                    closeDescriptor(CInt(descriptor))
                    count += 1
                }
                return count
            }
        }
        #expect(try accepted([1]) == [0, 60, 0])
        let two = try accepted([0, 2])
        #expect(two[1] == 0 && two[0] + two[2] == 60)
        // Sixty fair coins all alike: once in 2^59.
        #expect(two[0] > 0 && two[2] > 0)
    }

    @Test("A child tells how it ended")
    func child() throws {
        let child = try ChildProcess.spawn(path: "/bin/sh", arguments: ["-c", "exit 7"])
        var ending = child.reap()
        let deadline = Clock.now() + .seconds(10)
        while ending == nil, Clock.now() < deadline { ending = child.reap() }
        #expect(ending == .exited(7))
    }
}

private func duplicate(_ number: CInt) throws -> CInt {
    try systemCall("dup") { dup(number) }
}

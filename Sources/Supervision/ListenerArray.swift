package import Linux
package import Primitives

/// The listening sockets of a node: for each address, one for every worker.
///
/// They belong to the supervisor from its start to its end, so what waits in a socket's queue
/// outlives the worker that would have accepted it. Position in the array is the worker's index
/// and also the index within the kernel's SO_REUSEPORT group.
package struct ListenerArray: ~Copyable {
    package let addresses: [SocketAddress]
    /// `sockets[address][worker]`.
    private let sockets: [[CInt]]

    /// Why an address cannot be served.
    package struct BindError: Error, CustomStringConvertible {
        package let address: SocketAddress
        package let cause: SystemCallError

        package var description: String { "cannot listen on \(address): \(cause)" }
    }

    /// Binds every address for every worker, or none of them.
    package init(addresses: [SocketAddress], workers: Int) throws(BindError) {
        var opened: [[CInt]] = []
        do throws(BindError) {
            for address in addresses { opened.append(try Self.listen(on: address, workers)) }
        } catch {
            for socket in opened.joined() { closeDescriptor(socket) }
            throw error
        }
        self.addresses = addresses
        sockets = opened
    }

    private static func listen(
        on address: SocketAddress, _ workers: Int
    ) throws(BindError) -> [CInt] {
        var opened: [CInt] = []
        do throws(SystemCallError) {
            try Socket.requireFree(address)
            for _ in 0..<workers { opened.append(try Socket.listen(on: address).release()) }
            return opened
        } catch {
            for socket in opened { closeDescriptor(socket) }
            throw BindError(address: address, cause: error)
        }
    }

    deinit {
        for socket in sockets.joined() { closeDescriptor(socket) }
    }

    /// The sockets that the worker at `index` accepts on, in the order of `addresses`.
    package func sockets(ofWorker index: Int) -> [CInt] { sockets.map { $0[index] } }

    /// Sends new connections only to the workers at `indices`; with none, leaves things as they are
    /// so that connections wait for a worker to come back.
    package func steer(to indices: [Int]) throws(SystemCallError) {
        guard !indices.isEmpty else { return }
        for group in sockets {
            guard let any = group.first else { continue }
            try Steering.steer(group: any, to: indices)
        }
    }
}

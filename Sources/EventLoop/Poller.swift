internal import CLinux
package import Linux

/// What a descriptor became ready for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer will send nothing more; what it sent before can still be read.
    package static let peerFinished = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// The connection is broken, or over in both directions.
    package static let failed = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
}

/// Tells which descriptors are ready, a batch at a time.
///
/// This is the whole interface between the worker and the kernel's readiness mechanism, so that
/// another one can take epoll's place.
package struct Poller: ~Copyable {
    /// The most events of one batch: enough to amortise the call, few enough to stay fair.
    package static let batchMax = 256

    private let epoll: Epoll
    private let events: UnsafeMutableBufferPointer<epoll_event>

    package init() throws(SystemCallError) {
        epoll = try Epoll()
        events = .allocate(capacity: Self.batchMax)
    }

    deinit { events.deallocate() }

    /// Watches a stream socket until it is closed; each change of readiness is told once.
    package func addStream(_ descriptor: CInt, token: UInt64) throws(SystemCallError) {
        try epoll.addStream(descriptor, token: token)
    }

    /// Watches a listener, channel or signal source; told again while there is input.
    package func addSource(_ descriptor: CInt, token: UInt64) throws(SystemCallError) {
        try epoll.addSource(descriptor, token: token)
    }

    package func remove(_ descriptor: CInt) throws(SystemCallError) {
        try epoll.remove(descriptor)
    }

    /// Waits for events, at most `milliseconds`, and returns how many there are.
    package func wait(milliseconds: Int32) -> Int {
        epoll.wait(into: events, milliseconds: milliseconds)
    }

    /// The token and readiness of an event of the last batch.
    package func event(_ index: Int) -> (token: UInt64, readiness: Readiness) {
        let event = events[index]
        return (event.data.u64, Readiness(rawValue: event.events))
    }
}

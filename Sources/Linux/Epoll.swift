package import CLinux

/// An epoll instance: which descriptors are ready, by the 64-bit token they were added with.
package struct Epoll: ~Copyable {
    let descriptor: Descriptor

    package init() throws(SystemCallError) {
        descriptor = Descriptor(
            owning: try systemCall("epoll_create1") { epoll_create1(CInt(EPOLL_CLOEXEC)) })
    }

    /// Watches a stream socket for everything, edge-triggered: one registration for its lifetime.
    package borrowing func addStream(_ number: CInt, token: UInt64) throws(SystemCallError) {
        let edges = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        try control(EPOLL_CTL_ADD, number, events: edges, token: token)
    }

    /// Watches a listener or a channel for input, level-triggered.
    package borrowing func addSource(_ number: CInt, token: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_ADD, number, events: EPOLLIN.rawValue, token: token)
    }

    /// Stops watching; closing the last copy of a descriptor does this by itself.
    package borrowing func remove(_ number: CInt) throws(SystemCallError) {
        try control(EPOLL_CTL_DEL, number, events: 0, token: 0)
    }
    borrowing func control(
        _ operation: CInt, _ number: CInt, events: UInt32, token: UInt64
    ) throws(SystemCallError) {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        let epoll = descriptor.number
        try systemCall("epoll_ctl") { epoll_ctl(epoll, operation, number, &event) }
    }

    /// Waits for at most `milliseconds` (-1 for ever) and returns how many events were written.
    package borrowing func wait(
        into events: UnsafeMutableBufferPointer<epoll_event>, milliseconds: CInt
    ) -> Int {
        let ready = epoll_wait(
            descriptor.number, events.baseAddress, CInt(events.count), milliseconds)
        if ready >= 0 { return Int(ready) }
        let errno = Errno.current
        // A signal is as good a reason to wake as any; every other error is a bug of ours.
        precondition(errno.rawValue == EINTR, "epoll_wait: \(errno.name)")
        return 0
    }
}

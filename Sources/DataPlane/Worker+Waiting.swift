import Balancing
import EventLoop
import Linux
import Primitives
import SharedState

/// Requests that wait because every backend has all the connections that it may have.
///
/// Room may be made here, by another worker, or by another node; so besides each end of an
/// exchange here, those that wait look again every few milliseconds.
extension Worker {
    /// How long a worker with waiting exchanges sleeps at most.
    static let waitingSleepMilliseconds: Int64 = 5

    /// Puts the exchange at the end of its pool's line; where that is full it is answered.
    mutating func awaitRoom(_ exchange: UInt32) {
        let record = exchanges[exchange]
        // Called again by `serveWaiting`: it stays where it is.
        guard record.pointee.awaiting != .room else { return }
        let pool = table.pools + Int(record.pointee.pool)
        // Any will do: what counts is how many wait in all.
        let wanted = pool.pointee.candidates[
            pool.pointee.random.below(pool.pointee.candidates.count)]
        guard pool.pointee.queue.count < pool.pointee.queueSize else {
            counter(wanted, .shortages).add(1)
            fail(exchange, .queueFull)
            return
        }
        counter(wanted, .waiting).add(1)
        record.pointee.waitsFor = wanted
        waitFor(exchange, .room)
        let last = pool.pointee.queue.last
        record.pointee.previousWaiting = last
        record.pointee.nextWaiting = none
        if last == none {
            pool.pointee.queue.first = exchange
        } else {
            exchanges[last].pointee.nextWaiting = exchange
        }
        pool.pointee.queue.last = exchange
        pool.pointee.queue.count += 1
        waitingCount += 1
    }

    /// Takes an exchange out of the line that it waits in.
    mutating func leaveLine(_ exchange: UInt32) {
        let record = exchanges[exchange]
        let pool = table.pools + Int(record.pointee.pool)
        let (next, previous) = (record.pointee.nextWaiting, record.pointee.previousWaiting)
        if next != none {
            exchanges[next].pointee.previousWaiting = previous
        } else {
            pool.pointee.queue.last = previous
        }
        if previous != none {
            exchanges[previous].pointee.nextWaiting = next
        } else {
            pool.pointee.queue.first = next
        }
        record.pointee.nextWaiting = none
        record.pointee.previousWaiting = none
        record.pointee.awaiting = .connect
        counter(record.pointee.waitsFor, .waiting).subtract(1)
        pool.pointee.queue.count -= 1
        waitingCount -= 1
    }

    /// Lets those go on that there is room for, the first of each line first.
    mutating func serveWaiting() {
        guard waitingCount > 0 else { return }
        for index in 0..<table.poolCount {
            while case let first = table.pools[index].queue.first, first != none {
                let client = exchanges[first].pointee.client
                if clients[client].pointee.stream.peerFinished {
                    // Whoever hung up while it waited would keep room from those that did not.
                    closeClient(client)
                    continue
                }
                dispatch(first)
                // It waits on, and so do those behind it.
                if table.pools[index].queue.first == first { break }
            }
        }
    }
}

import Linux
import Primitives

/// When to read a file that is looked at again and again: once it has stopped changing, so that
/// half of it is not taken for the whole. Pure.
struct FileWatch {
    /// How often the file is looked at.
    static let period = Duration.milliseconds(200)
    /// How long a file may go on changing before it is read anyway.
    static let patience = Duration.milliseconds(600)

    enum Action: Hashable {
        case nothing
        case read
    }

    private enum Known: Hashable {
        /// No file was looked at yet.
        case unknown
        case file(RegularFile.Stamp?)
    }

    private var settled = Known.unknown
    private var latest = Known.unknown
    private var changedAt: Instant?

    /// What to do now that the file has this stamp, nil if there is none.
    ///
    /// The first state is read at once, and any that has not settled is read again when it has.
    mutating func see(_ stamp: RegularFile.Stamp?, now: Instant) -> Action {
        let seen = Known.file(stamp)
        let isFirst = latest == .unknown
        defer { latest = seen }
        guard seen != settled else {
            changedAt = nil
            return .nothing
        }
        if seen == latest {
            settled = seen
            changedAt = nil
            return .read
        }
        let since = changedAt ?? now
        changedAt = since
        guard now - since >= Self.patience else { return isFirst ? .read : .nothing }
        changedAt = now
        return .read
    }
}

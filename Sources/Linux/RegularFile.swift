internal import CLinux

/// A file that is watched: what tells one state of it from another, and its text.
package enum RegularFile {
    /// Two states of a path have different stamps, also when another file was renamed to it or a
    /// symbolic link on the way leads elsewhere now.
    package struct Stamp: Hashable, Sendable {
        package var device: UInt64 = 0
        package var inode: UInt64 = 0
        package var size: Int64 = 0
        /// Nanoseconds, of the contents and of the file's entry.
        package var modified: Int64 = 0
        package var changed: Int64 = 0

        package init(size: Int64 = 0) {
            self.size = size
        }
    }

    package struct Contents: Sendable {
        package let text: String
        package let stamp: Stamp
        /// Whether the file stayed the same while it was read.
        package let isWhole: Bool
    }

    /// Why a file cannot be read, to stand behind its path.
    package struct Failure: Error, Hashable {
        package let reason: String
    }

    /// The stamp of the file at `path`, which is that of the target of a link.
    package static func stamp(of path: String) throws(SystemCallError) -> Stamp {
        var status = stat()
        try systemCall("fstatat") { fstatat(AT_FDCWD, path, &status, 0) }
        return Stamp(status)
    }

    /// Reads the file, which must be a regular one of at most `bytesMax` bytes of UTF-8.
    package static func read(_ path: String, bytesMax: Int) throws(Failure) -> Contents {
        // A pipe must not keep us waiting; it is refused below.
        let number = clinux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard number >= 0 else { throw .system }
        defer { close(number) }
        var before = stat()
        guard fstat(number, &before) == 0 else { throw .system }
        guard before.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else {
            throw Failure(reason: "is no regular file")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= bytesMax {
            let count = CLinux.read(number, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else {
                if Errno.current.rawValue == EINTR { continue }
                throw .system
            }
            bytes.append(contentsOf: buffer[..<count])
        }
        guard bytes.count <= bytesMax else {
            throw Failure(reason: "is larger than \(bytesMax) bytes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(reason: "is no UTF-8 text")
        }
        var after = stat()
        guard fstat(number, &after) == 0 else { throw .system }
        let stamp = Stamp(after)
        return Contents(
            text: text, stamp: stamp,
            isWhole: stamp == Stamp(before) && stamp.size == Int64(bytes.count))
    }
}

extension RegularFile.Failure {
    fileprivate static var system: RegularFile.Failure {
        RegularFile.Failure(reason: Errno.current.message)
    }
}

extension RegularFile.Stamp {
    fileprivate init(_ status: stat) {
        func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        }
        self.init(size: Int64(status.st_size))
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        modified = nanoseconds(status.st_mtim)
        changed = nanoseconds(status.st_ctim)
    }
}

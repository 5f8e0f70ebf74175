import Glibc

/// A file that is watched: what tells one state of it from another, and its text.
enum RegularFile {
    /// Two states of a path have different stamps, also when another file was renamed to it or a
    /// symbolic link on the way leads elsewhere now.
    struct Stamp: Hashable, Sendable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
        var size: Int64 = 0
        /// Nanoseconds, of the contents and of the file's entry.
        var modified: Int64 = 0
        var changed: Int64 = 0
    }

    struct Contents: Sendable {
        let text: String
        let stamp: Stamp
        /// Whether the file stayed the same while it was read.
        let isWhole: Bool
    }

    /// Why a file cannot be read, to stand behind its path.
    struct Failure: Error, Hashable {
        let reason: String
    }

    /// The stamp of the file at `path`; nil if there is none or it cannot be told.
    static func stamp(of path: String) -> Stamp? {
        var status = stat()
        return stat(path, &status) == 0 ? Stamp(status) : nil
    }

    /// Reads the file, which must be a regular one of at most `bytesMax` bytes of UTF-8.
    static func read(_ path: String, bytesMax: Int) throws(Failure) -> Contents {
        // A pipe must not keep us waiting; it is refused below.
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw .system }
        defer { close(number) }
        var before = stat()
        guard fstat(number, &before) == 0 else { throw .system }
        guard before.st_mode & S_IFMT == S_IFREG else {
            throw Failure(reason: "is no regular file")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= bytesMax {
            let count = Glibc.read(number, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
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
        RegularFile.Failure(reason: String(cString: strerror(errno)))
    }
}

extension RegularFile.Stamp {
    fileprivate init(_ status: stat) {
        func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        }
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            size: Int64(status.st_size), modified: nanoseconds(status.st_mtim),
            changed: nanoseconds(status.st_ctim))
    }
}

internal import CLinux

/// What changes when somebody writes a file anew or puts another in its place.
package struct FileStamp: Hashable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    fileprivate init(_ status: stat) {
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// Files of a few bytes, such as secrets.
package enum SmallFile {
    /// The first bytes of a file, at most `bytesMax`. It never waits for a writer, as a pipe
    /// would have it do.
    package static func read(_ path: String, bytesMax: Int) throws(SystemCallError) -> [UInt8] {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
        let file = Descriptor(owning: try systemCall("open") { clinux_open(path, flags, 0) })
        let number = file.number
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        var filled = 0
        while filled < bytesMax {
            let count = try systemCall("read") {
                bytes.withUnsafeMutableBytes {
                    CLinux.read(number, $0.baseAddress?.advanced(by: filled), bytesMax - filled)
                }
            }
            guard count > 0 else { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }

    /// The stamp of the file at `path`, which is that of the target of a link.
    package static func stamp(of path: String) throws(SystemCallError) -> FileStamp {
        var status = stat()
        try systemCall("fstatat") { fstatat(AT_FDCWD, path, &status, 0) }
        return FileStamp(status)
    }
}

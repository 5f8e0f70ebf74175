internal import CLinux

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
}

internal import CLinux

/// Anonymous files that live in memory and are passed between processes by descriptor.
package enum MemoryFile {
    /// A new memory file of `size` zero bytes.
    package static func create(
        name: StaticString, size: Int
    ) throws(SystemCallError) -> Descriptor {
        let flags = UInt32(MFD_CLOEXEC) | UInt32(MFD_ALLOW_SEALING)
        let file = Descriptor(
            owning: try systemCall("memfd_create") {
                name.withUTF8Buffer { utf8 in
                    utf8.withMemoryRebound(to: CChar.self) {
                        clinux_memfd_create($0.baseAddress, flags)
                    }
                }
            })
        let number = file.number
        try systemCall("ftruncate") { ftruncate(number, size) }
        return file
    }

    /// A memory file that holds `bytes` and that nobody can change or resize any more.
    package static func sealed(
        name: StaticString, bytes: [UInt8]
    ) throws(SystemCallError) -> Descriptor {
        let file = try create(name: name, size: 0)
        let number = file.number
        var written = 0
        while written < bytes.count {
            written += try systemCall("write") {
                bytes.withUnsafeBytes {
                    write(number, $0.baseAddress?.advanced(by: written), $0.count - written)
                }
            }
        }
        try systemCall("fcntl") { clinux_seal(number) }
        return file
    }

    /// Whether the file carries every seal, so that its bytes cannot change while they are read.
    package static func isSealed(_ file: borrowing Descriptor) -> Bool {
        clinux_seals(file.number) & clinux_all_seals() == clinux_all_seals()
    }

    /// The file's size in bytes.
    package static func size(of file: borrowing Descriptor) throws(SystemCallError) -> Int {
        let number = file.number
        var status = stat()
        try systemCall("fstat") { fstat(number, &status) }
        return Int(status.st_size)
    }
}

/// Memory mapped from a file: shared with every other process that maps it.
package struct Mapping: ~Copyable, @unchecked Sendable {
    /// The mapped memory, which lives only as long as this value.
    package let bytes: UnsafeMutableRawBufferPointer

    /// Maps the first `size` bytes of `file`, to read and, unless `readOnly`, to write.
    package init(
        _ file: borrowing Descriptor, size: Int, readOnly: Bool = false
    ) throws(SystemCallError) {
        let protection = readOnly ? PROT_READ : PROT_READ | PROT_WRITE
        let base = mmap(nil, size, protection, MAP_SHARED, file.number, 0)
        guard let base, base != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw SystemCallError("mmap", .current)
        }
        bytes = UnsafeMutableRawBufferPointer(start: base, count: size)
    }

    /// A copy of what the mapping holds now.
    package borrowing func copy() -> [UInt8] { Array(bytes) }

    deinit {
        if let base = bytes.baseAddress { _ = munmap(base, bytes.count) }
    }
}

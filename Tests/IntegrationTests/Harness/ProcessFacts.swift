import Foundation

/// What the kernel tells of processes.
enum ProcessFacts {
    /// All processes that run; those that ended and wait to be reaped are left out.
    static func all() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter(isRunning)
    }

    static func isRunning(_ pid: pid_t) -> Bool {
        guard let state = stat(of: pid)?.state else { return false }
        return state != UInt8(ascii: "Z") && state != UInt8(ascii: "X")
    }

    static func children(of parent: pid_t) -> [pid_t] {
        all().filter { stat(of: $0)?.parent == parent }.sorted()
    }

    /// What `/proc/PID/stat` says behind the name, which may have any bytes in it.
    private static func stat(of pid: pid_t) -> (state: UInt8, parent: pid_t)? {
        let bytes = [UInt8](read("/proc/\(pid)/stat"))
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")), end + 4 < bytes.count else {
            return nil
        }
        let digits = bytes[(end + 4)...].prefix { $0 != UInt8(ascii: " ") }
        return (bytes[end + 2], pid_t(digits.text) ?? 0)
    }

    static func commandLine(of pid: pid_t) -> String {
        read("/proc/\(pid)/cmdline").text.replacing("\0", with: " ")
    }

    /// Whether the process was started with that text in its environment.
    static func hasEnvironment(_ pid: pid_t, _ text: String) -> Bool {
        read("/proc/\(pid)/environ").range(of: Data(text.utf8)) != nil
    }

    /// The most memory that the process ever had resident, in KiB.
    static func peakResidentKiB(of pid: pid_t) throws -> Int {
        let lines = read("/proc/\(pid)/status").text.split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("VmHWM:") }),
            let number = line.split(whereSeparator: \.isWhitespace).dropFirst().first,
            let size = Int(number)
        else { throw Failure("process \(pid) tells no VmHWM") }
        return size
    }

    private static func read(_ path: String) -> Data {
        FileManager.default.contents(atPath: path) ?? Data()
    }
}

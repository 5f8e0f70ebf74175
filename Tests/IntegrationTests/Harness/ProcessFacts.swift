import Foundation

/// What the kernel tells of processes.
enum ProcessFacts {
    /// All processes that run; those that ended and wait to be reaped are left out.
    static func all() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter(isRunning)
    }

    static func isRunning(_ pid: pid_t) -> Bool {
        guard let state = statFields(of: pid).first else { return false }
        return state != "Z" && state != "X"
    }

    static func children(of parent: pid_t) -> [pid_t] {
        all().filter { statFields(of: $0).dropFirst().first == "\(parent)" }
    }

    /// The fields of `/proc/PID/stat` behind the name: the state, then the parent's number.
    private static func statFields(of pid: pid_t) -> [Substring] {
        guard let text = read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else {
            return []
        }
        return text[text.index(after: end)...].split(separator: " ")
    }

    static func commandLine(of pid: pid_t) -> String {
        (read("/proc/\(pid)/cmdline") ?? "").replacing("\0", with: " ")
    }

    static func environment(of pid: pid_t) -> [Substring] {
        (read("/proc/\(pid)/environ") ?? "").split(separator: "\0")
    }

    /// The most memory that the process ever had resident, in KiB.
    static func peakResidentKiB(of pid: pid_t) throws -> Int {
        let lines = (read("/proc/\(pid)/status") ?? "").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("VmHWM:") }),
            let number = line.split(whereSeparator: \.isWhitespace).dropFirst().first,
            let size = Int(number)
        else { throw Failure("process \(pid) tells no VmHWM") }
        return size
    }

    private static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

import Glibc

/// Runs libFuzzer, or with `--samples FOLDER` writes files for it to begin with. The first byte of
/// an input chooses the subject, the others are for it. Whatever is wrong with the outcome traps,
/// and libFuzzer keeps the input.
///
/// `scripts/bench fuzz` builds this together with the subjects and samples of `Tests/WireTests`.
@main
enum WireFuzz {
    static func main() {
        if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--samples" {
            writeSamples(to: CommandLine.arguments[2])
            return
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, tryInput))
    }

    private static func writeSamples(to folder: String) {
        for subject in FuzzSubject.allCases {
            let samples = (1...8).flatMap { subject.samples(seed: $0) }
            for (index, sample) in samples.enumerated() {
                let path = "\(folder)/\(subject)-\(index)"
                guard let file = fopen(path, "w") else { fatalError("\(path): \(errno)") }
                let bytes = [UInt8(subject.rawValue)] + sample
                guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fclose(file) == 0 else {
                    fatalError("\(path): \(errno)")
                }
            }
        }
    }
}

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
private typealias TryInput = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

/// Part of libFuzzer's interface for programs with a `main` of their own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
    _ tryInput: TryInput
) -> CInt

private func tryInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let choice = input.first else { return 0 }
    let subjects = FuzzSubject.allCases
    let subject = subjects[Int(choice) % subjects.count]
    if case .broken(let complaint) = subject.outcome(of: Array(input.dropFirst())) {
        fatalError("\(subject): \(complaint)")
    }
    return 0
}

import Foundation
import Testing

/// One gibibyte in each direction, compared with what was sent.
@Suite("HTTP: bulk", .bounded, .serialized)
struct BulkTests {
    private static let size = 1 << 30
    private static let residentKiBMax = 64 << 10

    /// Writes a file of bytes that repeat nowhere: the stream of a cipher, which is as random as
    /// needed here and faster than the kernel's.
    private func makeFile(_ path: String, _ stage: Stage) async throws {
        let source = "openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 -in /dev/zero 2>/dev/null"
        let made = try await shell("\(source) | head -c \(Self.size) > \(path)", stage)
        #expect(made.status == 0)
    }

    private func shell(_ command: String, _ stage: Stage) async throws -> Finished {
        try await stage.run("/bin/sh", ["-c", command], within: .seconds(60))
    }

    private func report(_ what: String, _ time: Duration, _ worker: pid_t) throws {
        let resident = try ProcessFacts.peakResidentKiB(of: worker)
        print("bulk: \(what) of 1 GiB in \(time), worker at most \(resident) KiB resident")
        #expect(resident < Self.residentKiBMax, "\(resident) KiB after the \(what)")
    }

    @Test("A download and uploads of 1 GiB arrive byte for byte, in little memory")
    func bulk() async throws {
        try await Stage.run(alone: true) { stage in
            let nginx = try await stage.startNginx()
            let file = "\(nginx.documents)/bulk"
            try await makeFile(file, stage)
            let node = try await stage.startNode(.http(to: [nginx.endpoint]))
            let worker = try #require(node.workers.first)
            let url = "http://\(node.endpoint)"

            let checksum = try await shell("sha256sum < \(file)", stage).output
            #expect(checksum.count > 64)
            let down = try await timed {
                try await shell("curl -sS \(url)/bulk | sha256sum", stage)
            }
            #expect(down.result.output == checksum)
            try report("download", down.time, worker)

            for framing in ["Expect:", "Transfer-Encoding: chunked"] {
                let up = try await timed {
                    try await stage.curl(
                        "-H", framing, "-T", file, "-w", "%{http_code}", "\(url)/upload/bulk",
                        within: .seconds(60))
                }
                #expect(up.result.output.hasPrefix("20"))
                try report("upload (\(framing))", up.time, worker)
                let stored = "\(nginx.documents)/upload/bulk"
                #expect(try await shell("cmp \(file) \(stored)", stage).status == 0)
            }
        }
    }
}

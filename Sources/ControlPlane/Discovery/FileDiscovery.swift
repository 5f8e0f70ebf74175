import ConfigurationFile
import Linux
package import Logging
import NIOPosix
import Primitives

/// Follows a file with a list of backends: reads it again within a second of a change, also when
/// it is replaced by renaming, or a symbolic link on the way to it is (as Kubernetes does with a
/// ConfigMap).
///
/// A file that is bad or gone leaves the backends as they were. The file is looked at five times a
/// second, which works on every file system; inotify would not see all of these changes.
package struct FileDiscovery: Sendable {
    private let source: FileSource
    private let logger: Logger

    package init(source: FileSource, logger: Logger) {
        self.source = source
        self.logger = logger
    }

    /// Runs until the task is cancelled.
    ///
    /// - Parameter report: Told the outcome of every reading, whether there is news or not.
    package func run(report: @Sendable (DiscoveryUpdate) async -> Void) async {
        var watch = FileWatch()
        var ledger = DiscoveryLedger()
        while !Task.isCancelled {
            // A file system may hang; the other threads must not.
            let outcome = try? await NIOThreadPool.singleton.runIfActive {
                [path = source.path, watch] in
                var watch = watch
                let action = watch.see(try? RegularFile.stamp(of: path), now: Clock.now())
                return (watch, action == .read ? Self.read(path) : nil)
            }
            if let (next, reading) = outcome {
                watch = next
                if let reading {
                    let update = ledger.note(
                        reading.backends, failure: reading.failure, now: Clock.now())
                    logger.tell(update.news, of: source.path)
                    await report(update)
                }
            }
            do { try await Task.sleep(for: FileWatch.period) } catch { return }
        }
    }

    private struct Reading {
        /// Nil if the file cannot be used.
        var backends: [DiscoveredBackend]?
        var failure: String?
    }

    private static func read(_ path: String) -> Reading {
        let text: String
        do throws(RegularFile.Failure) {
            text = try RegularFile.read(path, bytesMax: BackendList.bytesMax).text
        } catch {
            return Reading(failure: "\(path): \(error.reason)")
        }
        do throws(InvalidDocument) {
            let list = try BackendList.parse(yaml: text, file: path)
            return Reading(backends: list.value.map(DiscoveredBackend.init))
        } catch {
            let more = error.diagnostics.count + error.omitted - 1
            let first = error.diagnostics.first.map { "\($0)" } ?? path
            return Reading(failure: more > 0 ? "\(first) (and \(more) more)" : first)
        }
    }
}

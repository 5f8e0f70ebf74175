package import Logging
package import NIOCore

/// Follows a source of backends, whatever its kind.
package struct Discovery: Sendable {
    private let source: DiscoverySource
    private let group: any EventLoopGroup
    private let logger: Logger

    package init(source: DiscoverySource, group: any EventLoopGroup, logger: Logger) {
        self.source = source
        self.group = group
        self.logger = logger
    }

    /// Runs until the task is cancelled, which ends it within moments.
    ///
    /// - Parameter report: Told the complete present set each time that the source was asked or
    ///   read; the first time as soon as the source, or its failure, is known. `news` says what of
    ///   it is new.
    package func run(report: @Sendable (DiscoveryUpdate) async -> Void) async {
        switch source {
        case .dns(let source):
            await DNSDiscovery(source: source, group: group, logger: logger)
                .run(seed: .random(in: 0 ... .max), report: report)
        case .file(let source):
            await FileDiscovery(source: source, logger: logger).run(report: report)
        }
    }
}

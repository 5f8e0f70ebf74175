import Health

extension PassiveDefinition {
    init(reading keys: inout SectionReader) {
        let usual = PassiveDefinition()
        let limits = Duration.seconds(1) ... .seconds(86_400)
        let consecutiveFailures = keys.value(
            "consecutive-failures", .number(0...1_000), default: usual.consecutiveFailures ?? 0,
            "failures in a row that eject a backend; 0 for no such rule")
        let errorShare = keys.value(
            "error-share", .number(0...100), default: 0,
            "percent of failures in the window that ejects a backend; 0 for no such rule")
        let minimumRequests = keys.value(
            "minimum-requests", .number(1...1_000_000), default: usual.minimumRequests,
            "requests in the window below which error-share says nothing")
        let window = keys.value(
            "window", .duration(.seconds(1) ... .seconds(3_600)), default: usual.window,
            "how far back failures count for error-share")
        let ejection = keys.value(
            "ejection", .duration(limits), default: usual.baseEjection,
            "how long the first ejection lasts; each further one in a row lasts longer by as much")
        let maxEjection = keys.value(
            "max-ejection", .duration(limits), default: usual.maxEjection,
            "how long an ejection lasts at most")
        keys.expect(ejection <= maxEjection, of: "max-ejection", "ejection") {
            "the first ejection (\(ejection.text)) is longer than the longest "
                + "(\(maxEjection.text))"
        }
        let maxEjected = keys.value(
            "max-ejected", .number(1...100), default: usual.maxEjectedShare,
            "percent of the pool's backends that may be ejected at once, over all nodes")
        let ejectsOnRefused = keys.value(
            "eject-on-refused", .flag, default: usual.ejectsOnRefused,
            "whether one refused connection ejects a backend")
        let countsServerErrors = keys.value(
            "server-errors", .flag, default: usual.countsServerErrors,
            "whether responses with status 500 and above are failures")
        self.init(
            consecutiveFailures: consecutiveFailures == 0 ? nil : consecutiveFailures,
            errorShare: errorShare == 0 ? nil : Double(errorShare) / 100,
            minimumRequests: minimumRequests, window: window, baseEjection: ejection,
            maxEjection: maxEjection, maxEjectedShare: maxEjected,
            ejectsOnRefused: ejectsOnRefused, countsServerErrors: countsServerErrors)
    }
}

package import Primitives

/// What a supervisor starts and keeps running.
package struct SupervisorPlan: Sendable {
    package var executable: String
    package var workerArguments: [String]
    package var controlArguments: [String]
    /// A sealed memory file with the configuration's text, which control reads on each start.
    package var configurationFile: CInt
    package var workers: Int
    package var listeners: [SocketAddress]
    /// How long open connections may take to finish after SIGTERM.
    package var drainTimeout: Duration
    /// A descriptor whose other end belongs to whoever started this node; the node stops when that
    /// process ends.
    package var leash: CInt?

    package init(
        executable: String, workerArguments: [String], controlArguments: [String],
        configurationFile: CInt, workers: Int,
        listeners: [SocketAddress], drainTimeout: Duration, leash: CInt? = nil
    ) {
        self.executable = executable
        self.workerArguments = workerArguments
        self.controlArguments = controlArguments
        self.configurationFile = configurationFile
        self.workers = workers
        self.listeners = listeners
        self.drainTimeout = drainTimeout
        self.leash = leash
    }
}

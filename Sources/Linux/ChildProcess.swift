internal import CLinux

/// A child process and the descriptor that becomes readable when it ends.
package struct ChildProcess: ~Copyable {
    /// The descriptor that `Options.channel` becomes in the child.
    package static let channelNumber: CInt = 3

    package let pid: Int32
    package let exitNotice: Descriptor

    /// How a process ended.
    package enum Ending: Hashable, Sendable, CustomStringConvertible {
        case exited(CInt)
        case killed(signal: CInt)

        package var description: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .killed(let signal): "was killed by signal \(signal)"
            }
        }
    }

    /// What a child process gets from its parent besides its arguments.
    package struct Options {
        /// Becomes the child's descriptor 3.
        package var channel: CInt?
        /// Becomes the child's standard output and standard error.
        package var output: CInt?
        /// Whether the child leaves the parent's process group, and with it the terminal's signals.
        package var hasOwnGroup = false
        /// Whether the program is none of ours: it gets `environment` instead of the parent's, no
        /// descriptors besides the first three, which are those of `/dev/null` unless `output` is
        /// set, and no signal that the parent ignores is ignored.
        package var isForeign = false
        /// The environment of a foreign program, as `NAME=value`.
        package var environment: [String] = []

        package init(channel: CInt? = nil, output: CInt? = nil, hasOwnGroup: Bool = false) {
            self.channel = channel
            self.output = output
            self.hasOwnGroup = hasOwnGroup
        }

        /// For a program that is none of ours, in a process group of its own.
        package static func foreign(environment: [String]) -> Options {
            var options = Options(hasOwnGroup: true)
            options.isForeign = true
            options.environment = environment
            return options
        }
    }

    /// Starts `path` with `arguments`.
    package static func spawn(
        path: String, arguments: [String], options: Options = Options()
    ) throws(SystemCallError) -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if options.isForeign {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }
        if let output = options.output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        }
        if let channel = options.channel {
            posix_spawn_file_actions_adddup2(&actions, channel, channelNumber)
        }
        if options.isForeign {
            let firstSpare = options.channel == nil ? channelNumber : channelNumber + 1
            posix_spawn_file_actions_addclosefrom_np(&actions, firstSpare)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads of a runtime block signals, and a child would inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var flags = POSIX_SPAWN_SETSIGMASK
        if options.hasOwnGroup { flags |= POSIX_SPAWN_SETPGROUP }
        if options.isForeign {
            var all = sigset_t()
            sigfillset(&all)
            posix_spawnattr_setsigdefault(&attributes, &all)
            flags |= POSIX_SPAWN_SETSIGDEF
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let vector = CStrings([path] + arguments)
        let environment = CStrings(options.environment)
        var pid: pid_t = 0
        let code = posix_spawn(
            &pid, path, &actions, &attributes, vector.pointers,
            options.isForeign ? environment.pointers : clinux_environment())
        guard code == 0 else { throw SystemCallError("posix_spawn", Errno(rawValue: code)) }
        let child = pid
        let notice: CInt
        do throws(SystemCallError) {
            notice = try systemCall("pidfd_open") { clinux_pidfd_open(child) }
        } catch {
            // Nobody would hear of its end.
            _ = kill(child, SIGKILL)
            _ = waitpid(child, nil, 0)
            throw error
        }
        return ChildProcess(pid: child, exitNotice: Descriptor(owning: notice))
    }

    /// How the child ended, or nil while it runs. It may be asked until it has answered once.
    package borrowing func reap() -> Ending? { ending(options: WNOHANG) }

    /// Waits for the child to end, and says how.
    package borrowing func wait() -> Ending? { ending(options: 0) }

    private borrowing func ending(options: CInt) -> Ending? {
        var status: CInt = 0
        let child = pid
        guard let reaped = try? systemCall("waitpid", { waitpid(child, &status, options) }),
            reaped == child
        else { return nil }
        return clinux_exited(status) != 0
            ? .exited(clinux_exit_status(status)) : .killed(signal: clinux_term_signal(status))
    }

    /// Sends a signal; a child that has already ended is no error.
    package borrowing func send(signal: CInt) {
        _ = kill(pid, signal)
    }

    /// Sends a signal to all of a child's own process group: also to what it left behind, so
    /// long as it is not reaped.
    package borrowing func sendToGroup(signal: CInt) {
        _ = kill(-pid, signal)
    }
}

/// Strings as C takes a list of them, with a null pointer at the end.
private struct CStrings: ~Copyable {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}

/// Facts about and settings of this process.
package enum ThisProcess {
    package static var pid: Int32 { getpid() }

    /// The path of the running executable: by its name, so that tools show it, or through `/proc`
    /// when the file was replaced meanwhile and the name leads elsewhere.
    package static var executablePath: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(
            decoding: buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return access(path, X_OK) == 0 ? path : "/proc/self/exe"
    }

    /// Raises the soft limit of open files to the hard one and returns it.
    package static func raiseOpenFileLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 1024
        }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// From now on nobody else may open what this process creates.
    package static func makeFilesPrivate() {
        clinux_make_files_private()
    }

    /// Has standard output written at the end of each line, also into files and pipes.
    package static func writeOutputLineByLine() {
        clinux_line_buffer_output()
    }

    /// Has a write to a connection that broke fail instead of ending the process. `send` can be told
    /// so for each call, but `splice` cannot.
    package static func ignoreBrokenPipes() {
        clinux_ignore_signal(SIGPIPE)
    }

    /// Ignores what a terminal or service manager sends to the whole process group: the supervisor
    /// gets it too, and tells this process what to do.
    package static func leaveSignalsToSupervisor() {
        clinux_ignore_signal(SIGINT)
        clinux_ignore_signal(SIGTERM)
    }

    /// The number of processors this process may run on.
    package static var processorCount: Int {
        max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    }

    /// The machine's name.
    package static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

import Fixtures
import Foundation
import Minding
import Testing

/// Real minders, real processes.
@Suite struct MinderTests {
    let folder: TemporaryFolder
    let minders = Minders(program: builtProgram("espalier-minder"))
    var step: StepFolder { StepFolder(folder.path) }

    init() throws { folder = try TemporaryFolder() }

    func request(_ script: String, lower: String? = nil, timeout: Int64? = 60, grace: Int64 = 1) -> MinderRequest {
        MinderRequest(
            folder: step, workingFolder: folder.path, lower: lower, command: ["/bin/sh", "-c", script],
            environment: ["PATH": "/usr/bin:/bin", "GIVEN": "yes"], timeout: timeout, grace: grace)
    }

    func run(_ script: String, lower: String? = nil, timeout: Int64? = 60) async throws -> Ending? {
        #expect(try minders.start(request(script, lower: lower, timeout: timeout)))
        return await minders.end(of: step)
    }

    var log: String { (try? String(contentsOfFile: step.log, encoding: .utf8)) ?? "" }

    @Test(arguments: [("exit 0", Ending.exited(0)), ("exit 7", .exited(7)), ("kill -9 $$", .signalled(9))])
    func theEndIsRecorded(script: String, ending: Ending) async throws {
        #expect(try await run(script) == ending)
    }

    @Test func whatIsPrintedIsInTheLogInOrder() async throws {
        _ = try await run("echo one; echo two >&2; echo three")
        #expect(log == "one\ntwo\nthree\n")
    }

    @Test func theEnvironmentIsWhatIsGivenAndNothingElse() async throws {
        _ = try await run("/usr/bin/env | sort")
        #expect(log.contains("GIVEN=yes\n") && !log.contains("HOME="))
    }

    @Test func theCommandHasASessionOfItsOwnAndNoStrangeDescriptors() async throws {
        _ = try await run("test $(ps -o sid= -p $$) = $$ && ls /proc/self/fd | tr '\\n' ' '")
        #expect(log == "0 1 2 3 ", "3 is ls's own: \(log)")
    }

    @Test func aCommandThatTakesTooLongIsTimedOut() async throws {
        #expect(try await run("trap '' TERM; sleep 60 & sleep 60", timeout: 1) == .timedOut)
    }

    @Test func aCommandCanBeStoppedAndNothingSurvives() async throws {
        let pidFile = folder.path + "/pid"
        #expect(
            try minders.start(
                request(
                    "setsid sleep 300 & echo $! > \(pidFile).tmp; mv \(pidFile).tmp \(pidFile); sleep 300", timeout: nil
                )))
        while !FileManager.default.fileExists(atPath: pidFile) { await Task.yield() }
        #expect(minders.isAlive(step))
        minders.stop(step)
        #expect(await minders.end(of: step) == .stopped)
        #expect(!minders.isAlive(step))
        let pid = try #require(
            Int32(try String(contentsOfFile: pidFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(pid, 0) == -1, "a child that left the session is still there")
    }

    @Test func aFolderIsNeverStartedTwice() async throws {
        #expect(try minders.start(request("echo once")))
        #expect(try !minders.start(request("echo twice")))
        _ = await minders.end(of: step)
        #expect(try !minders.start(request("echo twice")), "not after its end either")
        #expect(log == "once\n")
    }

    @Test func aKilledMinderLeavesNoRecord() async throws {
        let ready = folder.path + "/ready"
        #expect(try minders.start(request("touch \(ready); sleep 3600", timeout: nil)))
        while !FileManager.default.fileExists(atPath: ready) { await Task.yield() }
        let pid = try #require(
            Int32(
                try String(contentsOfFile: step.lock, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(pid, SIGKILL)
        #expect(await minders.end(of: step) == nil)
    }

    @Test func theLayerKeepsTheWorkspaceAsItWas() async throws {
        let lower = try TemporaryFolder()
        try lower.write("a", "one")
        #expect(try await run("cat a; echo two > a; echo new > b; cat a b", lower: lower.path) == .exited(0))
        #expect(log == "onetwo\nnew\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: lower.path) == ["a"])
        #expect(try String(contentsOfFile: lower.path + "/a", encoding: .utf8) == "one")
    }

    @Test func aWorkspaceThatIsMissingIsAnEndingWithAReason() async throws {
        guard case .unprepared(let reason) = try await run("true", lower: "/nowhere") else {
            return #expect(Bool(false))
        }
        #expect(reason.contains("/nowhere"))
    }

    /// Runs a script in a sandbox that may write to one folder, and returns what it printed.
    private func sandboxed(_ script: String, writable: TemporaryFolder, variables: [String: String] = [:]) async throws
        -> String
    {
        var request = request(script)
        request.sandbox = Sandbox(program: "/usr/bin/bwrap", readable: [], writable: [writable.path])
        request.workingFolder = writable.path
        request.environment.merge(variables) { $1 }
        #expect(try minders.start(request))
        _ = await minders.end(of: step)
        return log
    }

    @Test func aSandboxedCommandSeesAndChangesOnlyWhatIsListed() async throws {
        let (hidden, open) = (try TemporaryFolder(), try TemporaryFolder())
        try hidden.write("secret", "x")
        let printed = try await sandboxed(
            "cat \(hidden.path)/secret; touch \(open.path)/new; touch /usr/no; ls -d /root /home /etc /var/lib; id -un",
            writable: open)
        #expect(
            printed.contains("secret: No such file or directory") && printed.contains("/usr/no': Read-only file system")
        )
        for path in ["/root", "/home", "/etc", "/var/lib"] { #expect(printed.contains("cannot access '\(path)'")) }
        #expect(FileManager.default.fileExists(atPath: open.path + "/new"))
    }

    @Test func aSandboxedCommandHasNoRightsAndGetsNone() async throws {
        let printed = try await sandboxed(
            "grep CapEff /proc/self/status; id -u; unshare -U true && echo nested; mount -o remount,rw / && echo remounted; true",
            writable: try TemporaryFolder())
        #expect(printed.contains("CapEff:\t0000000000000000\n1000\n"), "\(printed)")
        #expect(!printed.contains("nested") && !printed.contains("remounted"))
    }

    /// CASES: S1. A library that a variable names must be loaded by nothing but the command.
    @Test func variablesReachTheCommandAndNothingBeforeIt() async throws {
        let open = try TemporaryFolder()
        // The dynamic linker complains in each program that gets the variable.
        let printed = try await sandboxed(
            "echo $MARK", writable: open, variables: ["LD_PRELOAD": "/nowhere/evil.so", "MARK": "there"])
        #expect(printed.hasSuffix("there\n"))
        #expect(printed.split(separator: "\n").filter { $0.contains("evil.so") }.count == 1, "only sh: \(printed)")
    }

    @Test func aSandboxedCommandMakesOnlyTheSystemCallsOfTheList() async throws {
        let script = """
            python3 - <<'EOF'
            import ctypes, errno, socket, threading
            threading.Thread(target=print, args=("threads",)).start()
            calls = ctypes.CDLL(None, use_errno=True)
            for name, number in (("bpf", 321), ("userfaultfd", 323), ("keyctl", 250), ("io_uring_setup", 425), ("unshare", 272)):
                print(name, calls.syscall(number, 0, 0, 0) == -1 and errno.errorcode[ctypes.get_errno()])
            for family in (socket.AF_UNIX, socket.AF_INET, 38, 40):
                try: socket.socket(family, socket.SOCK_STREAM); print(int(family), "made")
                except OSError as error: print(int(family), errno.errorcode[error.errno])
            EOF
            """
        let printed = try await sandboxed(script, writable: try TemporaryFolder())
        #expect(printed.contains("threads"))
        for call in ["bpf", "userfaultfd", "keyctl", "io_uring_setup", "unshare"] {
            #expect(printed.contains("\(call) EPERM"), "\(printed)")
        }
        #expect(printed.contains("1 made\n2 made\n38 EPERM\n40 EPERM"))
    }

    /// CASES: R3.
    @Test func aSandboxedCommandCanSaveItsWorkWhenItIsStopped() async throws {
        let open = try TemporaryFolder()
        var request = request("trap 'sleep 0.3; echo saved; exit 0' TERM; touch ready; sleep 60 & wait", grace: 10)
        request.sandbox = Sandbox(program: "/usr/bin/bwrap", readable: [], writable: [open.path])
        request.workingFolder = open.path
        #expect(try minders.start(request))
        while !FileManager.default.fileExists(atPath: open.path + "/ready") { await Task.yield() }
        minders.stop(step)
        #expect(await minders.end(of: step) == .stopped)
        #expect(log.contains("saved"))
    }

    @Test func aZeroByteInAVariableStartsNothing() async throws {
        var request = request("true")
        request.sandbox = Sandbox(program: "/usr/bin/bwrap", readable: [], writable: [])
        request.environment["A"] = "x\u{0}--bind\u{0}/\u{0}/"
        #expect(throws: MindingError.self) { try minders.start(request) }
    }

    @Test(arguments: ["", "exited", "exited x", "gone 1", "signalled"])
    func whatIsNoRecordIsNone(line: String) {
        #expect(Ending(record: line) == nil)
    }
}

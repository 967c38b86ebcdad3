import Daemon
import Fixtures
import Foundation
import Home
import Testing
import Watching

/// The errors of a command when the daemon misbehaves.
@Suite struct DaemonClientTests {
    let folder: TemporaryFolder
    let home: Home

    init() throws {
        folder = try TemporaryFolder()
        home = Home(folder.path)
    }

    /// The error of a command when the socket answers with this; with `nil`, it hangs up.
    private func error(whenAnswered answer: String?) async throws -> DaemonError? {
        let door = try Doorbell(path: home.socket)
        async let served: Void = {
            for await ring in door.rings() {
                if let answer { ring.answer(answer) }
                break
            }
        }()
        let client = DaemonClient(home: home)
        let error = await #expect(throws: DaemonError.self) {
            try await onOwnThread { try client.cancel(run: 1) }
        }
        await served
        return error
    }

    // CASES: R10
    @Test(arguments: [nil, "", "{\"done\":", "ok\n"]) func aDaemonThatDoesNotAnswerIsNoSuccess(_ answer: String?)
        async throws
    {
        let error = try await error(whenAnswered: answer)
        #expect(error?.description.contains("It may have been done") ?? false, "\(String(describing: error))")
    }

    @Test func anOlderDaemonIsNamed() async throws {
        let error = try await error(whenAnswered: "error: unknown request\n")
        #expect(error?.description.contains("restart the daemon") ?? false)
    }

    @Test func noDaemonIsNamed() throws {
        let error = #expect(throws: DaemonError.self) { try DaemonClient(home: home).cancel(run: 1) }
        #expect(error?.description.contains("espalier serve") ?? false)
    }
}

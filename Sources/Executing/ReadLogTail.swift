import Home
import Minding
import Notices
import Runs

extension StepFolder {
    /// The last lines of its log; empty if there is none.
    package var logTail: [String] {
        (try? readEnd(ofLeftFile: "log", in: path, count: 16_384)).map { lastLines(of: $0) } ?? []
    }
}

extension Home {
    /// The last lines that the first failed step printed on this machine; empty if it printed nothing.
    package func failureLog(of run: Int64, _ progress: RunProgress) -> [String] {
        progress.firstFailedAttempt(of: run).map { folder(of: $0).logTail } ?? []
    }
}

extension RunProgress {
    /// The last attempt at the first step that failed; `nil` if none has failed.
    package func firstFailedAttempt(of run: Int64) -> Attempt? {
        failedSteps.first.map { lastAttempt(at: $0.name, of: run) }
    }
}

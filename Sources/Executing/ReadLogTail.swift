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
        guard let failed = progress.failedSteps.first else { return [] }
        let attempt = Attempt(run: run, step: failed.name, number: max(1, progress[failed.name].attempts))
        return folder(of: attempt).logTail
    }
}

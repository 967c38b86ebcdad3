import Foundation
import Minding
import Notices
import Runs

extension Home {
    /// The last lines that the first step that failed has printed; none where it printed nothing.
    func logTail(of run: Int64, _ progress: RunProgress) -> [String] {
        guard let failed = progress.failedSteps.first else { return [] }
        return StepFolder(step(run, failed.name, attempt: max(1, progress[failed.name].attempts))).logTail
    }
}

extension StepFolder {
    /// The last lines of its log; none where there is nothing.
    var logTail: [String] {
        guard let file = FileHandle(forReadingAtPath: log) else { return [] }
        defer { try? file.close() }
        guard let end = try? file.seekToEnd(), (try? file.seek(toOffset: end > 16_384 ? end - 16_384 : 0)) != nil,
            let bytes = try? file.readToEnd()
        else { return [] }
        return lastLines(of: [UInt8](bytes))
    }
}

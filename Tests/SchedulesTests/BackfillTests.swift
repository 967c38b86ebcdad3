import Foundation
import Schedules
import Testing

@Suite struct BackfillTests {
    let noon = Date(timeIntervalSince1970: 1_763_899_200)

    @Test func bothEndsOfTheRangeCount() throws {
        let moments = try rule().moments(
            from: noon.addingTimeInterval(-25 * 3_600), through: noon.addingTimeInterval(-3_600))
        #expect(moments == [-25, -1].map { noon.addingTimeInterval($0 * 3_600) })
        let many = try rule("cron: '* * * * * ?'").moments(from: noon.addingTimeInterval(-1e6), through: noon)
        #expect(many.count == largestBackfill + 1)
    }

    @Test(arguments: [
        (BackfillProgress(total: 9, passed: 0, failed: 0, running: 0), 2),
        (BackfillProgress(total: 9, passed: 4, failed: 1, running: 1), 1),
        (BackfillProgress(total: 9, passed: 4, failed: 0, running: 2), 0),
        (BackfillProgress(total: 9, passed: 8, failed: 0, running: 0), 1),
        (BackfillProgress(total: 9, passed: 4, failed: 3, running: 0), 0),
        (BackfillProgress(total: 9, passed: 9, failed: 0, running: 0), 0),
    ])
    func noMoreStartThanMay(progress: BackfillProgress, starts: Int) {
        #expect(BackfillLimits(parallel: 2, maxFailures: 3).starts(progress) == starts)
    }

    @Test func itHaltsOnlyWhereSomethingIsLeftToStart() {
        let limits = BackfillLimits(parallel: 1, maxFailures: 1)
        #expect(limits.isHalted(BackfillProgress(total: 3, passed: 1, failed: 1, running: 0)))
        #expect(!limits.isHalted(BackfillProgress(total: 2, passed: 1, failed: 1, running: 0)))
    }
}

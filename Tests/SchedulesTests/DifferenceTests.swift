import Foundation
import Schedules
import Testing

@Suite struct DifferenceTests {
    let noon = Date(timeIntervalSince1970: 1_763_899_200)

    @Test func aReleaseSaysWhatItDoesToEachSchedule() throws {
        let (daily, later) = (try rule(), try rule("cron: '0 0 13 * * ?', misfire: skip"))
        let found = differences(
            from: ["gone": daily, "moved": daily, "same": daily], to: ["moved": later, "same": daily, "fresh": later],
            now: noon)
        #expect(found.map(\.name) == ["fresh", "gone", "moved", "same"])
        #expect(found.map(\.kind) == [.new, .removed, .changed, .unchanged])
        #expect(found[2].changes == ["cron: 0 0 11 * * ? → 0 0 13 * * ?", "misfire: run-once → skip"])
        #expect(found[2].nextBefore == noon.addingTimeInterval(23 * 3_600))
        #expect(found[2].nextAfter == noon.addingTimeInterval(3_600))
        #expect(found[1].nextAfter == nil && found[0].nextBefore == nil)
    }
}

import Foundation
import Testing

@testable import Cron

@Suite struct ZoneFileTests {
    /// Two versions of one zone: standard time an hour ahead, then, from `moves`, as they say; `rule` for what follows.
    static func file(
        version: UInt8 = 0x32, moves: [(instant: Int, type: UInt8)] = [(1_000_000_000, 1), (1_010_000_000, 0)],
        rule: String = "", leaps: Int = 0
    ) -> [UInt8] {
        func number(_ value: Int, _ size: Int) -> [UInt8] {
            (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        func header(_ count: Int) -> [UInt8] {
            Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
                + [0, 0, leaps, count, 2, 4].flatMap { number($0, 4) }
        }
        func block(_ size: Int) -> [UInt8] {
            moves.flatMap { number($0.instant, size) } + moves.map(\.type) + number(3_600, 4) + [0, 0]
                + number(7_200, 4) + [1, 0] + Array("LMT\0".utf8) + [UInt8](repeating: 0, count: leaps * (size + 4))
        }
        let old = header(moves.count) + block(4)
        return version == 0 ? old : old + header(moves.count) + block(8) + Array("\n\(rule)\n".utf8)
    }

    @Test(arguments: [UInt8(0), 0x32, 0x33, 0x34]) func versionsAreRead(version: UInt8) throws {
        let zone = try Zone(name: "X", file: Self.file(version: version))
        #expect(zone.wall.starts.dropFirst() == [1_000_000_000, 1_010_000_000])
        #expect(zone.wall.offsets == [3_600, 7_200, 3_600])
        #expect(zone.standard.offsets == [3_600])
    }

    @Test func theRuleGoesOnWhereTheMovesEnd() throws {
        let zone = try Zone(name: "X", file: Self.file(rule: "CET-1CEST,M3.5.0,M10.5.0/3"))
        // The last Sundays of March and October, 01:00 UTC.
        let moves = zone.wall.moves(
            after: Int(try utc("2098-01-01 00:00:00").timeIntervalSince1970), through: 4_070_908_800)
        #expect(
            moves.map { utc(Date(timeIntervalSince1970: Double($0.instant))) } == [
                "2098-03-30 01:00:00", "2098-10-26 01:00:00",
            ])
        #expect(moves.map(\.after) == [7_200, 3_600])
        #expect(zone.wall.offset(at: Int(try utc("2199-07-01 00:00:00").timeIntervalSince1970)) == 7_200)
    }

    @Test func brokenFilesAreRefused() {
        let whole = Self.file(rule: "CET-1CEST,M3.5.0,M10.5.0/3")
        for length in 0..<whole.count {
            #expect(throws: ZoneFileError.self) { try Zone(name: "X", file: Array(whole.prefix(length))) }
        }
        #expect(throws: ZoneFileError.countsLeapSeconds) { try Zone(name: "X", file: Self.file(leaps: 1)) }
        #expect(throws: ZoneFileError.badRule("CET")) { try Zone(name: "X", file: Self.file(rule: "CET")) }
        #expect(throws: ZoneFileError.notAZoneFile) { try Zone(name: "X", file: Self.file(moves: [(1, 2)])) }
    }

    /// The year's moves in seconds after its beginning in UTC, worked out by hand.
    @Test(arguments: [
        ("EST5EDT,M3.2.0,M11.1.0", 2026, ["2026-03-08 07:00:00 -240", "2026-11-01 06:00:00 -300"]),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026, ["2026-04-04 15:00:00 +630", "2026-10-03 15:30:00 +660"]),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, ["2026-03-29 01:00:00 -60", "2026-10-25 01:00:00 -120"]),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", 2026, ["2026-03-29 01:00:00 +60", "2026-10-25 01:00:00 +0"]),
        ("AAA-1BBB,J60/0,J300/0", 2028, ["2028-02-29 23:00:00 +120", "2028-10-26 22:00:00 +60"]),
        ("AAA-1BBB,59/0,299/0", 2028, ["2028-02-28 23:00:00 +120", "2028-10-25 22:00:00 +60"]),
        ("XXX3EDT4,0/0,J365/23", 2028, []), ("UTC0", 2028, []),
    ])
    func rulesAreFollowed(text: String, year: Int, moves: [String]) throws {
        let rule = try #require(PosixRule(text))
        let first = Zone.Span(start: 0, offset: text.hasPrefix("XXX") ? -4 * 3_600 : rule.standard, isDaylight: false)
        let zone = Zone(name: text, spans: [first] + rule.spans(after: first))
        let bounds = [year, year + 1].map { CivilDate(year: $0, month: 1, day: 1).daysSinceEpoch * 86_400 }
        let found = zone.wall.moves(after: bounds[0], through: bounds[1]).map {
            utc(Date(timeIntervalSince1970: Double($0.instant))) + " " + ($0.after < 0 ? "" : "+")
                + String($0.after / 60)
        }
        #expect(found == moves)
    }

    @Test(arguments: [
        "", "CE-1", "CET", "CET-25", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-1CEST,J0,J5", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0x",
    ])
    func otherTextsAreNoRules(text: String) { #expect(PosixRule(text) == nil) }

    /// In Ireland and Morocco, the law calls summer time the standard; `elapsed` uses winter time.
    @Test func winterIsStandardEverywhere() throws {
        for (name, standard) in [
            ("Europe/Dublin", 0), ("Africa/Casablanca", 0), ("Europe/Berlin", 3_600), ("Australia/Lord_Howe", 37_800),
        ] {
            let clock = try zone(name).standard
            let years = stride(from: 1_600_000_000, to: 1_780_000_000, by: 864_000)
            #expect(years.allSatisfy { clock.offset(at: $0) == standard }, "\(name)")
        }
    }

    @Test func namesAreThoseOfTheMachine() throws {
        #expect(Zone.names.contains("Europe/Berlin") && Zone.names.contains("America/Coyhaique"))
        for name in [
            "posix/Europe/Berlin", "right/Europe/Berlin", "../zoneinfo/UTC", "Europe/Berln", "", "localtime", "Europe",
        ] {
            #expect(Zone(named: name) == nil, "\(name)")
        }
        #expect(try zone("Etc/GMT+5").offset(at: Date()) == -5 * 3_600)
    }

    /// Where a machine has no zone files.
    @Test func foundationServesInstead() throws {
        let zone = Zone(try #require(TimeZone(identifier: "Europe/Berlin")))
        let listed = try Zone(name: "Europe/Berlin", file: Self.file(rule: "CET-1CEST,M3.5.0,M10.5.0/3"))
        #expect(
            zone.wall.moves(after: 1_700_000_000, through: 1_900_000_000)
                == listed.wall.moves(after: 1_700_000_000, through: 1_900_000_000))
        #expect(zone.standard.offset(at: 1_720_000_000) == 3_600)
    }
}

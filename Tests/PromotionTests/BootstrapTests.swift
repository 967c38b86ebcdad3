import Testing

@testable import Promotion

@Suite("The paired bootstrap")
struct BootstrapTests {
    private func counts(_ resampling: Resampling, seed: UInt64, index: Int = 0) -> [UInt8] {
        var counts = [UInt8](repeating: 0, count: resampling.order.count)
        var stream = RandomStream(seed: seed, index: index)
        counts.withUnsafeMutableBufferPointer { resampling.draw(&stream, into: $0) }
        return counts
    }

    @Test("SplitMix64 gives the numbers of its reference implementation")
    func splitMix() {
        var stream = SplitMix64(state: 1_234_567)
        let numbers = (0..<5).map { _ in stream.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test("quantiles are those of NumPy's default")
    func quantiles() {
        #expect(quantile(0.05, ofAscending: [1, 2, 4, 8]) == 1.15)
        #expect(quantile(0.5, ofAscending: [1, 2, 4, 8]) == 3)
        #expect(quantile(1, ofAscending: [1, 2, 4, 8]) == 8)
        #expect(quantile(0.5, ofAscending: []) == nil)
        #expect(quantile(0.05, ofAscending: [-.infinity, 2]) == nil)
    }

    @Test("a class keeps its size in every resample")
    func strata() throws {
        let table = SyntheticTable(rows: 101, prevalence: 0.2, seed: 5)
        let resampling = Resampling(try table.evidence(), task: .classification)
        let negatives = table.labels.count { $0 == 0 }
        for index in 0..<50 {
            let drawn = counts(resampling, seed: 9, index: index)
            #expect(drawn[..<negatives].reduce(0) { $0 + Int($1) } == negatives)
            #expect(drawn.reduce(0) { $0 + Int($1) } == 101)
        }
        #expect(counts(resampling, seed: 9, index: 1) != counts(resampling, seed: 9, index: 2))
        #expect(counts(resampling, seed: 9) != counts(resampling, seed: 10))
    }

    @Test("every row is drawn as often as every other")
    func uniform() throws {
        let resampling = Resampling(try SyntheticTable(rows: 7, seed: 1).evidence(), task: .regression)
        var totals = [Int](repeating: 0, count: 7)
        for index in 0..<7_000 {
            for (row, count) in counts(resampling, seed: 2, index: index).enumerated() { totals[row] += Int(count) }
        }
        // Five standard deviations of a binomial of 49,000 draws at 1/7.
        #expect(totals.allSatisfy { abs($0 - 7_000) < 390 })
    }

    @Test("rows of one group are drawn together")
    func groups() throws {
        let table = SyntheticTable(rows: 60, seed: 4)
        let evidence = try table.evidence(groups: table.ids.indices.map { "patient \($0 % 12)" })
        let resampling = Resampling(evidence, task: .classification)
        let drawn = counts(resampling, seed: 1)
        let countsOfGroup = Dictionary(
            grouping: drawn.indices, by: { evidence.groups?[resampling.order[$0]] }
        ).mapValues { rows in Set(rows.map { drawn[$0] }) }
        #expect(countsOfGroup.count == 12)
        #expect(countsOfGroup.values.allSatisfy { $0.count == 1 })
        #expect(countsOfGroup.values.compactMap(\.first).reduce(0) { $0 + Int($1) } == 12)
    }

    @Test("repeating every row under one group leaves the interval as wide as it was")
    func groupsAreNotMoreRows() throws {
        let table = SyntheticTable(rows: 80, gain: 0.4, seed: 11)
        func repeated<Value>(_ column: [Value]) -> [Value] { column.flatMap { [$0, $0, $0, $0] } }
        let ids = table.ids.flatMap { id in (0..<4).map { "\(id)/\($0)" } }
        func width(groups: [String]?) throws -> Double {
            let evidence = try Evidence(
                ids: ids, labels: repeated(table.labels), challenger: repeated(table.challenger),
                champion: repeated(table.champion), groups: groups)
            let resampling = Resampling(evidence, task: .classification)
            let differences =
                Bootstrap(
                    evidence, champion: evidence.champion ?? [], metrics: [.rocAUC], resampling: resampling
                ).differences(seed: 1, resamples: 400)[.rocAUC] ?? []
            return try #require(quantile(0.95, ofAscending: differences))
                - #require(quantile(0.05, ofAscending: differences))
        }
        #expect(try width(groups: repeated(table.ids)) > 1.6 * width(groups: nil))
    }
}

import Reports
import Testing

@testable import Web

/// Every page is at the path in its line of the table.
@Suite struct PageTableTests {
    private let answers = FixedAnswers(
        board: .init(rows: [], changes: [Sample.change], schedules: [], decisions: []),
        details: [Sample.detail(Sample.run(Sample.change.id))])

    private var entries: [(name: String, path: String)] {
        Page.all.compactMap { page in
            guard case .entry(let name) = page.place else { return nil }
            return (name, page.path)
        }
    }

    @Test func eachHasARouteOfItsOwn() {
        #expect(Set(Page.all.map(\.path)).count == Page.all.count)
        #expect(Set(entries.map(\.name)).count == entries.count)
    }

    @Test func eachBelongsToAnEntryOfTheMenu() {
        for page in Page.all { #expect(entries.contains { $0.path == page.section }, "\(page.path)") }
    }

    @Test(arguments: Page.all.map(\.path))
    func eachAnswersWithItsPlaceInTheMenu(_ path: String) async throws {
        let page = try #require(Page.all.first { $0.path == path })
        let answer = try await get(path.replacing(":id", with: "\(Sample.change.id)"), of: answers)
        #expect(answer.status == 200)
        let menu = entries.map { entry in
            #"<a href="\#(entry.path)"\#(entry.path == page.section ? #" aria-current="page""# : "")>\#(entry.name)</a>"#
        }
        #expect(answer.text.contains(#"<nav aria-label="Pages">\#(menu.joined())</nav>"#))
    }
}

import Foundation
import Hummingbird

/// A page for people. Each page is one file of this folder and one entry of ``all``.
struct Page: Sendable {
    /// The page's place in the menu.
    enum Place: Sendable {
        /// An entry with this name.
        case entry(String)
        /// No entry. The entry of the page at this path is marked as current.
        case below(path: String)

        static func under(_ page: Page) -> Place { .below(path: page.path) }
    }

    /// What the template shows.
    struct Content {
        let title: String
        let value: Any

        init(_ title: String, _ value: Any) {
            self.title = title
            self.value = value
        }
    }

    /// The route: `/runs/:id`.
    let path: String
    let place: Place
    /// Mustache; shows the value of the content. May use ``partials``.
    let template: String
    /// - Throws: `HTTPError` when there is nothing to show.
    let content: @Sendable (PageRequest) async throws -> Content

    /// The path of the menu's entry that is marked as current.
    var section: String {
        switch place {
        case .entry: path
        case .below(let path): path
        }
    }
}

/// A request for a page.
struct PageRequest: Sendable {
    let http: Request
    let context: BasicRequestContext
    let answers: any Answers
    let now: Date
}

/// The content of a page that is one list.
struct ListContent<Item> {
    let items: [Item]
    let isEmpty: Bool

    init(_ items: [Item]) {
        self.items = items
        isEmpty = items.isEmpty
    }
}

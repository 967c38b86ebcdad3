import Foundation
import Hummingbird

/// A page for people. Each has a file of its own in this folder, with its template and what that shows; ``all`` lists them.
struct Page: Sendable {
    /// Where the page stands in the menu.
    enum Place: Sendable {
        /// It has an entry of this name.
        case entry(String)
        /// It has none. The entry of the page with this path is marked as current.
        case below(path: String)

        static func under(_ page: Page) -> Place { .below(path: page.path) }
    }

    /// What a page is asked for, and whom it may ask.
    struct Asked: Sendable {
        let request: Request
        let context: BasicRequestContext
        let answers: any Answers
        let now: Date
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

    /// As the router has it: `/runs/:id`.
    let path: String
    let place: Place
    /// Mustache. It may use the partials of the layout.
    let template: String
    /// - Throws: `HTTPError` when there is nothing to show.
    let content: @Sendable (Asked) async throws -> Content

    /// The path of the menu's entry that is marked as current.
    var section: String {
        switch place {
        case .entry: path
        case .below(let path): path
        }
    }
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

import Mustache

/// Renders pages.
struct PageRenderer: Sendable {
    /// The renderer of all pages. Templates are parsed once, when the first page is requested, so that they do not delay the
    /// daemon's start. Failure: a template is not valid Mustache.
    static let shared = Result { try PageRenderer(Page.all) }

    private let library: MustacheLibrary
    private let pages: [Page]

    private init(_ pages: [Page]) throws {
        MustacheContentTypes.register(EscapeHTML(), named: EscapeHTML.name)
        var library = MustacheLibrary()
        let templates = [("layout", layoutTemplate), ("error", errorTemplate)] + pages.map { ($0.path, $0.template) }
        for (name, text) in templates + partials.map({ ($0.key, $0.value) }) {
            // Every template selects our escaping, because Mustache returns to its own at the start of each partial.
            try library.register("{{% CONTENT_TYPE: \(EscapeHTML.name)}}" + text, named: name)
        }
        self.library = library
        self.pages = pages
    }

    /// A page, as an HTML document.
    func document(_ page: Page, _ content: Page.Content) -> String {
        document(content.title, section: page.section, render(content.value, page.path))
    }

    /// The error page, as an HTML document.
    func document(_ error: ErrorContent) -> String {
        document(error.phrase, section: nil, render(error, "error"))
    }

    private func document(_ title: String, section: String?, _ content: String) -> String {
        let menu = pages.compactMap { page -> Layout.Entry? in
            guard case .entry(let name) = page.place else { return nil }
            return Layout.Entry(name: name, href: page.path, isHere: page.path == section)
        }
        return render(Layout(title: title, sections: menu, content: content), "layout")
    }

    private func render(_ value: Any, _ name: String) -> String { library.render(value, withTemplate: name) ?? "" }
}

/// What the layout's template shows.
private struct Layout {
    /// An entry of the menu.
    struct Entry {
        let name: String
        let href: String
        let isHere: Bool
    }

    let title: String
    let sections: [Entry]
    /// Rendered HTML.
    let content: String
}

/// What the template of the error page shows.
struct ErrorContent {
    let status: Int
    let phrase: String
    let sentence: String
}

import Mustache

/// The templates, read once.
struct PageRenderer: Sendable {
    /// A page's template.
    enum Name: String {
        case board, run, runs, change, changes, models, decisions, schedules, error, layout
    }

    private let library: MustacheLibrary

    /// - Throws: when a template is not Mustache.
    init() throws {
        MustacheContentTypes.register(EscapeHTML(), named: EscapeHTML.name)
        let texts: [Name: String] = [
            .layout: layoutTemplate, .board: boardTemplate, .run: runTemplate, .runs: runsTemplate,
            .change: changeTemplate, .changes: changesTemplate, .models: modelsTemplate, .decisions: decisionsTemplate,
            .schedules: schedulesTemplate, .error: errorTemplate,
        ]
        let named = texts.map { ($0.key.rawValue, $0.value) } + partials.map { ($0.key, $0.value) }
        var library = MustacheLibrary()
        for (name, text) in named {
            // A partial starts with Mustache's own escaping again: so each template names ours.
            try library.register("{{% CONTENT_TYPE: \(EscapeHTML.name)}}" + text, named: name)
        }
        self.library = library
    }

    /// What a template makes of a value, as HTML.
    func render(_ value: Any, _ name: Name) -> String { library.render(value, withTemplate: name.rawValue) ?? "" }

    /// A whole document.
    func page(_ page: Page) -> String { render(page, .layout) }
}

/// What is around every page's content.
struct Page {
    /// An entry of the menu.
    struct Section {
        let name: String
        let href: String
        let isHere: Bool
    }

    let title: String
    let sections: [Section]
    /// Rendered HTML.
    let content: String

    /// - Parameter section: the address of the menu's entry that the page belongs to.
    init(title: String, section: String?, content: String) {
        self.title = title
        self.content = content
        let entries = [
            ("Board", "/"), ("Runs", "/runs"), ("Changes", "/changes"), ("Models", "/models"),
            ("Decisions", "/decisions"),
            ("Schedules", "/schedules"),
        ]
        sections = entries.map { Section(name: $0.0, href: $0.1, isHere: $0.1 == section) }
    }
}

import Foundation

/// Where people find the daemon's pages, for links.
package struct PageAddress: Sendable {
    private let home: Home
    private let published: String?

    /// - Parameter published: where a proxy shows the pages, with a slash at its end; where they are served when absent.
    package init(home: Home, published: String? = nil) {
        self.home = home
        self.published = published
    }

    /// With a slash at its end; absent until the pages can be asked for.
    package var current: String? {
        published
            ?? (try? String(contentsOfFile: home.address, encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

import Foundation

/// The address of the daemon's pages, for links.
package struct PageAddress: Sendable {
    private let home: Home
    private let published: String?

    /// - Parameter published: the public URL behind a proxy, with a trailing slash. Absent: the address that is served.
    package init(home: Home, published: String? = nil) {
        self.home = home
        self.published = published
    }

    /// With a trailing slash. Absent until the pages can be requested.
    package var current: String? {
        published
            ?? (try? String(contentsOfFile: home.address, encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

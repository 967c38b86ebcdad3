/// A pull request or merge request, as the forge shows it now.
public struct ForgeChange: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        case open
        /// Without being merged.
        case closed
        case merged
    }

    /// Counted within the repository.
    public let number: Int64
    /// 40 or 64 hexadecimal digits.
    public let head: String
    /// The branch it is to be merged into, without `refs/heads/`.
    public let target: String
    /// The branch it comes from, without `refs/heads/`; in another repository when `isFork`.
    public let source: String
    /// On one line.
    public let title: String
    /// The name its author signs in with.
    public let author: String
    /// Its head comes from another repository, or nobody can tell any more which one it came from.
    public let isFork: Bool
    public let isDraft: Bool
    /// Its web page, over HTTP.
    public let url: String?
    public let state: State

    public init(
        number: Int64, head: String, target: String, source: String, title: String, author: String, isFork: Bool,
        isDraft: Bool, url: String?, state: State
    ) {
        self.number = number
        self.head = head
        self.target = target
        self.source = source
        self.title = oneLine(title)
        self.author = oneLine(author)
        self.isFork = isFork
        self.isDraft = isDraft
        // It becomes a link on our own pages.
        self.url = url.flatMap { $0.hasPrefix("https://") || $0.hasPrefix("http://") ? $0 : nil }
        self.state = state
    }
}

/// Text without line breaks and other control characters, which would mean something in a commit's message or a log.
func oneLine(_ text: String) -> String {
    let words = text.split { character in
        character.isWhitespace || character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
    }
    return words.joined(separator: " ")
}

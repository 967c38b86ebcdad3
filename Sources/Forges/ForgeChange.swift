/// A pull request or merge request in its current state on the forge.
public struct ForgeChange: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        case open
        /// Closed without a merge.
        case closed
        case merged
    }

    /// Unique within the repository.
    public let number: Int64
    /// 40 or 64 hexadecimal digits.
    public let head: String
    /// The target branch, without `refs/heads/`.
    public let target: String
    /// The source branch, without `refs/heads/`; in another repository if `isFork`.
    public let source: String
    /// On one line.
    public let title: String
    /// The author's login name.
    public let author: String
    /// The head comes from another repository, or nobody can tell which one any more.
    public let isFork: Bool
    public let isDraft: Bool
    /// Its web page, http(s) only.
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

/// Text without line breaks and other control characters, which would have a meaning in a commit message or a log.
func oneLine(_ text: String) -> String {
    let words = text.split { character in
        character.isWhitespace || character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
    }
    return words.joined(separator: " ")
}

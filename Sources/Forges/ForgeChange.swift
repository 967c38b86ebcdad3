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
    public let title: String
    /// The name its author signs in with.
    public let author: String
    /// Its head comes from another repository, or nobody can tell any more which one it came from.
    public let isFork: Bool
    public let isDraft: Bool
    /// Its web page.
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
        self.title = title
        self.author = author
        self.isFork = isFork
        self.isDraft = isDraft
        self.url = url
        self.state = state
    }
}

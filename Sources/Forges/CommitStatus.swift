/// The status of a commit on the forge. Setting it again with the same context replaces it.
public struct CommitStatus: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        case pending
        case success
        /// The checks failed.
        case failure
        /// The checks could not run.
        case error
    }

    public let commit: String
    public let state: State
    /// Names the check, such as `espalier/gate`.
    public let context: String
    /// One line for people; shortened to the forge's limit.
    public let description: String
    /// The page with details.
    public let targetURL: String?

    public init(commit: String, state: State, context: String, description: String, targetURL: String? = nil) {
        self.commit = commit
        self.state = state
        self.context = context
        self.description = description
        self.targetURL = targetURL
    }
}

/// Text with at most `limit` characters; shortened text ends in an ellipsis. Counts code points, as forges do.
func cut(_ text: String, to limit: Int) -> String {
    let points = text.unicodeScalars
    guard points.count > limit else { return text }
    var kept = String.UnicodeScalarView()
    kept.append(contentsOf: points.prefix(max(0, limit - 1)))
    kept.append("…")
    return String(kept)
}

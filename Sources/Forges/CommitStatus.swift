/// What is shown beside a commit on the forge. Setting it again under the same context replaces it.
public struct CommitStatus: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        case pending
        case success
        /// The checks found something.
        case failure
        /// The checks could not be made.
        case error
    }

    public let commit: String
    public let state: State
    /// Names the check, such as `espalier/gate`.
    public let context: String
    /// One line for people; cut where the forge's limit is.
    public let description: String
    /// The page that tells more.
    public let targetURL: String?

    public init(commit: String, state: State, context: String, description: String, targetURL: String? = nil) {
        self.commit = commit
        self.state = state
        self.context = context
        self.description = description
        self.targetURL = targetURL
    }
}

/// Text in at most `limit` characters; what is cut ends in an ellipsis. Forges count code points, so does this.
func cut(_ text: String, to limit: Int) -> String {
    let points = text.unicodeScalars
    guard points.count > limit else { return text }
    var kept = String.UnicodeScalarView()
    kept.append(contentsOf: points.prefix(max(0, limit - 1)))
    kept.append("…")
    return String(kept)
}

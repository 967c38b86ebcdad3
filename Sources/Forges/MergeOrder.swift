/// Asks the forge to merge a change, if its head is still the one that was checked.
public struct MergeOrder: Sendable, Hashable {
    public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
        case merge
        case squash
        /// GitLab takes no method in the call: there the project's own setting decides.
        case rebase
    }

    public let number: Int64
    /// The head that was checked. With another one the forge refuses.
    public let head: String
    public let method: Method
    public let title: String
    public let message: String

    public init(number: Int64, head: String, method: Method, title: String, message: String) {
        self.number = number
        self.head = head
        self.method = method
        self.title = title
        self.message = message
    }

    /// Title and message as one text, for forges that take one.
    var text: String { message.isEmpty ? title : "\(title)\n\n\(message)" }
}

/// What became of a merge order. A change that is merged already answers like one that cannot be merged: after a crash, read
/// the change first.
public enum MergeAnswer: Sendable, Hashable {
    /// With the commit the target has now, when the forge tells.
    case merged(commit: String?)
    /// The forge took the order and merges later: read the change to see what became of it. Azure DevOps always may.
    case underway
    /// The head is another one than the one that was checked.
    case headMoved
    /// A conflict, a missing approval, a closed change: it needs somebody.
    case notMergeable(reason: String)
    /// - Parameter mayPass: whether the same order may succeed later.
    case failed(mayPass: Bool, reason: String)
}

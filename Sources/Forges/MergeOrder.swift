/// An order to the forge to merge a change, if its head is still the one that was checked.
public struct MergeOrder: Sendable, Hashable {
    public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
        case merge
        case squash
        /// GitLab's call has no method; the project's own setting decides.
        case rebase
    }

    public let number: Int64
    /// The head that was checked. The forge refuses if the head is another one.
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

    /// Title and message as one text, for forges that take only one.
    var text: String { message.isEmpty ? title : "\(title)\n\n\(message)" }
}

/// The answer to a merge order. After a crash, read the change first: a forge answers the same for a change that is
/// already merged as for one that cannot be merged.
public enum MergeAnswer: Sendable, Hashable {
    /// With the new commit of the target, if the forge says so.
    case merged(commit: String?)
    /// The forge accepted the order and merges later. Read the change for the result. Azure DevOps may always do this.
    case underway
    /// The head is not the one that was checked.
    case headMoved
    /// A conflict, a missing approval, a closed change: a person has to act.
    case notMergeable(reason: String)
    /// - Parameter mayPass: whether a retry of the same order may succeed.
    case failed(mayPass: Bool, reason: String)
}

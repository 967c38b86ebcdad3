/// The meaning of a delivery. It is a hint: the forge and its repository are read before anything is decided.
public enum ForgeEvent: Sendable, Hashable {
    /// Branches or tags were created, moved or deleted: at least one. Only Azure DevOps reports several at once.
    case pushed([PushedRef])
    case changeMoved(ChangeMove)
    /// The forge tests the webhook.
    case ping
    /// Nothing to do, and why, for the list of deliveries.
    case ignored(reason: String)
}

/// A branch or tag that was created (`from` is nil), moved or deleted (`to` is nil).
public struct PushedRef: Sendable, Hashable {
    /// The full name: `refs/heads/…` or `refs/tags/…`.
    public let ref: String
    /// 40 or 64 hexadecimal digits. Also nil if the forge does not say where a deleted branch was.
    public let from: String?
    public let to: String?

    public init(ref: String, from: String?, to: String?) {
        self.ref = ref
        self.from = from
        self.to = to
    }
}

/// Something happened to a proposed change.
public struct ChangeMove: Sendable, Hashable {
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// Opened or reopened.
        case opened
        /// Its head has changed. Azure DevOps sends this for every update.
        case updated
        /// Its title, target or draft state has changed; the head is the same.
        case edited
        /// Closed without a merge.
        case closed
        case merged
    }

    public let number: Int64
    public let action: Action
    /// 40 or 64 hexadecimal digits; nil if the forge does not say.
    public let head: String?
    /// The target branch, without `refs/heads/`.
    public let target: String?
    /// A draft is not gated. Nil if the forge does not say.
    public let isDraft: Bool?

    public init(number: Int64, action: Action, head: String?, target: String?, isDraft: Bool? = nil) {
        self.number = number
        self.action = action
        self.head = head
        self.target = target
        self.isDraft = isDraft
    }
}

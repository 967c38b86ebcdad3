/// What a delivery tells. It is a hint: the forge and its repository are the truth, and are read before anything is decided.
public enum ForgeEvent: Sendable, Hashable {
    /// Branches or tags were created, moved or deleted: at least one, and only Azure DevOps tells several at once.
    case pushed([PushedRef])
    case changeMoved(ChangeMove)
    /// The forge tries whether anybody listens.
    case ping
    /// Nothing to do, and why, for the list of deliveries.
    case ignored(reason: String)
}

/// A branch or tag that was created (`from` is absent), moved or deleted (`to` is absent).
public struct PushedRef: Sendable, Hashable {
    /// In full: `refs/heads/…` or `refs/tags/…`.
    public let ref: String
    /// 40 or 64 hexadecimal digits. Also absent when the forge does not tell where a deleted branch was.
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
        /// Also: opened again.
        case opened
        /// It has another head. Azure DevOps says this of every update.
        case updated
        /// Its title, target or draft state is another; the head is the same.
        case edited
        /// Closed without being merged.
        case closed
        case merged
    }

    public let number: Int64
    public let action: Action
    /// 40 or 64 hexadecimal digits; absent when the forge does not tell.
    public let head: String?
    /// The branch it is to be merged into, without `refs/heads/`.
    public let target: String?
    /// A draft is not gated. Absent when the forge does not tell.
    public let isDraft: Bool?

    public init(number: Int64, action: Action, head: String?, target: String?, isDraft: Bool? = nil) {
        self.number = number
        self.action = action
        self.head = head
        self.target = target
        self.isDraft = isDraft
    }
}

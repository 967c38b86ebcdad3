import Formats

/// Somebody proposed a merge into `target`, or withdrew it. Pushing again under the same key replaces the head.
public struct Proposal: Hashable, Sendable, Codable {
    public let key: String
    public let target: String
    /// Absent when the proposal was deleted.
    public let head: ObjectID?
    /// Where it comes from, if not from this repository.
    public let origin: ChangeOrigin?

    private enum CodingKeys: String, CodingKey { case key, target, head, origin }

    public init(key: String, target: String, head: ObjectID?, origin: ChangeOrigin? = nil) {
        self.key = key
        self.target = target
        self.head = head
        self.origin = origin
    }
}

extension Proposal: EventKind {
    package static let tag = "proposal"

    package var subject: String { "proposal \(key) for \(target)" }
    package var code: EventCode { .none() }
    package var move: RefMove? { RefMove(ref: ProposalRef(key: key, target: target).name, from: nil, to: head) }
    package var dependsOnEarlierEvents: Bool { true }
}

extension Event {
    public static func proposal(_ proposal: Proposal) -> Event { Event(of: proposal) }
}

/// The pull request on a forge that a change represents.
public struct ChangeOrigin: Hashable, Sendable, Codable {
    /// The forge's own number.
    public let number: Int64
    /// The forge's name of the person who opened it.
    public let author: String
    public let title: String
    /// Whether its commits come from another repository.
    public let isFork: Bool
    /// Its page.
    public let url: String?

    private enum CodingKeys: String, CodingKey { case number, author, title, isFork, url }

    public init(number: Int64, author: String, title: String, isFork: Bool, url: String?) {
        self.number = number
        self.author = author
        self.title = title
        self.isFork = isFork
        self.url = url
    }
}

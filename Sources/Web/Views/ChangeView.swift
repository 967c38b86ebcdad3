import Reports

/// A change at the gate.
struct ChangeView {
    let id: Int64
    let project: String
    let target: String
    let topic: String
    let head: HashMark
    let author: String
    let title: String
    let outcome: StateMark
    let reason: String?
    let runs: [Int64]
    /// Position in the queue of its target branch, from 1.
    let place: Int?
    /// The page of its pull request on the forge; only http and https.
    let url: String?
    let approvedBy: String?

    /// Queued changes first, in queue order; then the others, newest first.
    static func list(_ changes: [ChangeReport]) -> [ChangeView] {
        changes.sorted { left, right in
            switch (left.position, right.position) {
            case (let mine?, let other?):
                (left.project, left.target, mine) < (right.project, right.target, other)
            case (.some, nil): true
            case (nil, .some): false
            case (nil, nil): left.id > right.id
            }
        }.map(ChangeView.init)
    }

    init(_ change: ChangeReport) {
        id = change.id
        project = change.project
        target = change.target
        topic = change.topic
        head = HashMark(change.head)
        author = change.author
        title = change.title
        outcome = StateMark(change.outcome)
        reason = change.reason.isEmpty ? nil : change.reason
        runs = change.runs
        place = change.position
        url = change.url.flatMap { $0.hasPrefix("https://") || $0.hasPrefix("http://") ? $0 : nil }
        approvedBy = change.approvedBy.isEmpty ? nil : change.approvedBy.joined(separator: ", ")
    }
}

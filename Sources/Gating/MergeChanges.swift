import Changes
import Events
import Foundation
import Git
import Home
import Projects
import Store

/// Merges changes in memory, as the gate decided. Writes commits and the refs that protect them; moves no branch.
struct ChangeMerger {
    let repository: Repository
    let rules: GateRules

    private let time = Int64(Date().timeIntervalSince1970)

    init(repository: Repository, rules: GateRules) {
        self.repository = repository
        self.rules = rules
    }

    /// Merges each change separately with the target's tip.
    func check(_ changes: [Change], with tip: ObjectID) throws -> GateWrite {
        var write = GateWrite()
        for change in changes {
            switch try merge(change, onto: tip) {
            case .conflict(let files): write.notes.append(.init(change: change.number, fact: .conflicted(files: files)))
            case .nothingToMerge:
                let reason = "\(change.target) already holds all of it"
                write.notes.append(.init(change: change.number, fact: .rejected(reason: reason)))
            case .merged(let merge):
                let request = CheckRequest(
                    change: change.number, target: change.target, base: tip, merge: merge,
                    isFork: change.isFork ? true : nil)
                write.builds.append(
                    .init(request: request, members: [(change: change.number, base: tip, merge: merge)]))
            case nil: write.notes.append(.init(change: change.number, fact: .gone(change.head)))
            }
        }
        Failpoint.reach(.changeMerged)
        return write
    }

    /// Builds a chain: the first change is merged with `base`, each other one with its predecessor. The last merge of a
    /// group contains the whole group.
    ///
    /// A change that conflicts is skipped and ends its group, so that exactly what is tested can land.
    /// - Parameter known: the event that already tested a tree for these changes.
    func build(
        _ groups: [[Change]], onto base: ObjectID, of view: GateView,
        known: (_ tree: ObjectID, _ changes: [Change]) -> Int64?
    ) throws -> GateWrite {
        var write = GateWrite()
        var expected = base
        for group in groups {
            var members: [(change: Change, base: ObjectID, merge: ObjectID)] = []
            func close() throws {
                guard let last = members.last else { return }
                let request = CheckRequest(
                    change: last.change.number, target: view.target, base: members[0].base, merge: last.merge,
                    isQueued: true, isFork: members.contains { $0.change.isFork } ? true : nil)
                write.builds.append(
                    .init(
                        request: request, members: members.map { ($0.change.number, $0.base, $0.merge) },
                        event: known(try repository.commit(last.merge).tree, members.map(\.change))))
                members = []
            }
            for change in group {
                switch try merge(change, onto: expected) {
                case .merged(let merge):
                    members.append((change, expected, merge))
                    expected = merge
                case .conflict(let files):
                    try close()
                    write.notes.append(.init(change: change.number, fact: .blocked(base: expected, files: files)))
                case .nothingToMerge:
                    try close()
                    write.notes.append(.init(change: change.number, fact: .blocked(base: expected, files: [])))
                case nil: write.notes.append(.init(change: change.number, fact: .gone(change.head)))
                }
            }
            try close()
        }
        Failpoint.reach(.changeMerged)
        return write
    }

    /// `nil` if the change's head is gone.
    private func merge(_ change: Change, onto base: ObjectID) throws(GitError) -> MergeResult? {
        guard let head = change.head, repository.has(head) else { return nil }
        let result = try repository.merge(head, into: base, by: try method(of: change, head, base), time: time)
        if case .merged(let merge) = result {
            // The ref protects the merge from garbage collection while its checks run.
            try repository.setRef("refs/espalier/changes/\(change.number)/merge", to: merge)
        }
        return result
    }

    private func method(of change: Change, _ head: ObjectID, _ base: ObjectID) throws(GitError) -> MergeMethod {
        switch rules.method {
        case .merge: return .merge(message: change.mergeMessage)
        case .rebase: return .rebase(trailer: change.trailer)
        case .squash:
            let commits = try repository.commits(leadingTo: head, notTo: base)
            let titles = try commits.map { id throws(GitError) in "* \(try repository.commit(id).summary)\n" }
            let body = titles.count > 1 ? titles.joined() + "\n" : ""
            return .squash(message: "\(change.title)\n\n\(body)\(change.trailer)")
        }
    }
}

extension ChangeFact {
    /// The repository has lost a commit of the change.
    static func gone(_ commit: ObjectID?) -> ChangeFact {
        .rejected(reason: "its commit \(commit?.short ?? "") is gone: push again")
    }
}

/// An occasion for a notice.
public enum NoticeKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A run ended as failed, timed out, out of memory or lost.
    case failure
    /// The next run of the same branch and pipeline passed.
    case recovery
    /// A moment of a schedule was left out, or fired late.
    case missed
    /// A step of a run that passed reported `drift=detected`.
    case drift
    /// A promotion moved an alias, or did not, with the reason.
    case promotion
    /// An alias was moved back.
    case rollback
    /// A decision has pending approvals.
    case approval
    /// Something keeps the project from making progress, or no longer does.
    case trouble
    /// A test of a channel, sent only on request.
    case test

    /// What a channel can ask for.
    public static let subjects = allCases.filter { $0 != .test }
}

/// A field of a template: `{{branch}}`.
public enum NoticeField: String, Sendable, Hashable, CaseIterable {
    case kind, title, body, reason, log, project, environment, branch, pipeline, commit, run, count, at, url, id
}

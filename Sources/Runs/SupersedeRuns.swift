import Plans
import Projects

/// The older runs that a new run replaces: runs of the same pipeline, branch and cause, as far as the pipeline allows
/// it.
///
/// Runs of backfills neither replace runs nor are replaced. A run that a person retried is not replaced either.
///
/// - Parameters:
///   - new: id of a run of `plan`.
///   - runs: runs that have not ended, by id.
///   - progress: the progress of an entry of `runs`.
public func superseded<Entry>(
    by new: Int64, _ plan: Plan, among runs: [Int64: Entry], progress: (Entry) -> RunProgress
) -> Set<Int64> {
    guard let line = plan.line else { return [] }
    var replaced: Set<Int64> = []
    for (id, entry) in runs where id < new {
        let old = progress(entry)
        guard !old.isRetried, old.plan.line == line else { continue }
        switch plan.replaces {
        case .nothing: continue
        case .notStarted: if !old.hasStarted { replaced.insert(id) }
        case .all: replaced.insert(id)
        }
    }
    return replaced
}

/// All replaced runs with the run that replaces each. Gives the same result as calling
/// `superseded(by:_:among:progress:)` for each run, oldest first, but in O(n log n) instead of O(n²).
///
/// - Parameters:
///   - runs: runs that have not ended, by id.
///   - progress: the progress of an entry of `runs`.
/// - Returns: superseded run → the oldest run that supersedes it.
public func superseded<Entry>(among runs: [Int64: Entry], progress: (Entry) -> RunProgress) -> [Int64: Int64] {
    var replaced: [Int64: Int64] = [:]
    // Per line, the oldest run seen so far that replaces older ones. The loop goes from the newest run to the oldest.
    var byAll: [Line: Int64] = [:]
    var byNotStarted: [Line: Int64] = [:]
    for id in runs.keys.sorted(by: >) {
        guard let run = runs[id].map(progress), let line = run.plan.line else { continue }
        if !run.isRetried {
            let candidates = [byAll[line], run.hasStarted ? nil : byNotStarted[line]]
            replaced[id] = candidates.compactMap(\.self).min()
        }
        switch run.plan.replaces {
        case .nothing: continue
        case .notStarted: byNotStarted[line] = id
        case .all: byAll[line] = id
        }
    }
    return replaced
}

/// What a run has in common with the runs that it can replace.
private struct Line: Hashable {
    let project: String
    let pipeline: String
    let succession: Succession
    /// Absent if the line includes runs of other branches.
    let branch: String?
}

/// Which older runs of its line a run supersedes.
private enum Replacing { case nothing, notStarted, all }

extension Plan {
    /// Absent for a run that replaces nothing, such as a run of a backfill.
    fileprivate var line: Line? {
        let succession = trigger.body.succession
        guard succession.replaces else { return nil }
        return Line(
            project: project, pipeline: pipeline, succession: succession,
            branch: succession.spansBranches ? nil : branch)
    }

    fileprivate var replaces: Replacing {
        if isCheck { return .all }
        switch concurrency.supersede {
        case .none: return .nothing
        case .queued: return .notStarted
        case .running: return .all
        }
    }

    /// Whether the run checks a change. Such a run is useless once the change has a newer merge.
    public var isCheck: Bool { trigger.body.isCheck }
}

import Executing
import Foundation
import Home
import Plans
import Promoting
import Reading
import Runs
import Store

/// Limits for what a cleaning keeps.
public struct Keeping: Sendable, Codable {
    /// Days since a workspace or a result was last used, or since the run of an output folder ended.
    public var days: Int
    /// Maximum total size of kept results, in bytes.
    public var bytes: Int64

    public init(days: Int = 30, bytes: Int64 = 20 << 30) {
        self.days = days
        self.bytes = bytes
    }
}

/// What was removed.
public struct Cleaning: Sendable, Codable {
    public var results = 0
    public var workspaces = 0
    public var outputs = 0
    public var models = 0
    public var bytes: Int64 = 0
}

/// Removes what is no longer needed: results, workspaces, models, outputs of old runs.
///
/// Always keeps: logs and records; what unended runs use; the outputs of the last passed run of every branch and
/// pipeline, and of every run that made a live schedule; the evidence of decisions.
struct HomeCleaner: Sendable {
    let home: Home
    let store: Store
    let workspaces: Workspaces
    let scratch: ScratchFolders

    func clean(_ keeping: Keeping, now: Date = Date()) async throws -> Cleaning {
        let cutoff = now.addingTimeInterval(-Double(keeping.days) * 86_400)
        var cleaning = Cleaning()
        cleaning.results = try await store.forgetResults(unusedSince: cutoff, largerThan: keeping.bytes)
        let needed = try await store.keptDigests()
        let kept = KeptResults(folder: home.kept, trust: .protected)
        // A result that is being kept right now has files but no row yet.
        cleaning.bytes = try await onOwnThread {
            try kept.removeAll(but: needed, touchedBefore: now.addingTimeInterval(-3_600))
        }
        let unended = try await store.unendedRuns()
        cleaning.workspaces = try await workspaces.removeUnused(since: cutoff, keeping: Set(unended.map(\.plan.tree)))
        let numbers = Set(unended.map { String($0.id) } + unended.unreadable.map { String($0.id) })
        try await onOwnThread { scratch.removeAll { numbers.contains(String($0.prefix { $0 != "." })) } }
        SystemSettings(folder: home.system).removeOld(before: cutoff)
        let oldest = unended.map(\.createdAt).min() ?? cutoff
        cleaning.models = try await onOwnThread { [home] in home.removeModels(unusedSince: min(cutoff, oldest)) }
        cleaning.outputs = try await removeOutputs(ofRunsEndedBefore: cutoff)
        return cleaning
    }

    private func removeOutputs(ofRunsEndedBefore cutoff: Date) async throws -> Int {
        let ids = try await store.runsOfNoUse(endedBefore: cutoff)
        return try await onOwnThread { [home] in
            var removed = 0
            for id in ids {
                let run = home.run(id)
                for path in (try? FileManager.default.subpathsOfDirectory(atPath: run)) ?? []
                where path.hasSuffix("/outputs") && path.split(separator: "/").count == 3 {
                    try? FileManager.default.removeItem(atPath: "\(run)/\(path)")
                    removed += 1
                }
            }
            return removed
        }
    }
}

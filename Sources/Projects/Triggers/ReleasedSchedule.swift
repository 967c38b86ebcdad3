/// A schedule of a pushed commit, which goes live when its own release has passed.
public struct ReleasedSchedule: Sendable, Hashable {
    public let rule: ScheduleRule
    /// The registered model that it is about. Absent: none.
    public let model: String?

    public init(_ rule: ScheduleRule, model: String? = nil) {
        self.rule = rule
        self.model = model
    }
}

/// A run that a push started in an environment.
public struct ReleaseRun: Sendable, Hashable {
    public let pipeline: String
    /// The registered model that the run is about. Absent: none.
    public let model: String?
    public let hasPassed: Bool

    public init(pipeline: String, model: String?, hasPassed: Bool) {
        self.pipeline = pipeline
        self.model = model
        self.hasPassed = hasPassed
    }
}

extension ReleasedSchedule {
    /// The pipelines that have to pass before the schedule goes live and have not, sorted. Empty: it goes live.
    ///
    /// - Parameter runs: all runs that the push started in the schedule's environment.
    public func obstacles(in runs: [ReleaseRun]) -> [String] {
        let passed = Set(runs.filter(\.hasPassed).map(\.pipeline))
        return Set(required(of: runs)).subtracting(passed).sorted()
    }

    /// Named pipelines count even where the push did not start them. Without names, those about the same model; where there
    /// are none, all.
    private func required(of runs: [ReleaseRun]) -> [String] {
        if let names = rule.liveAfter { return names }
        let own = runs.filter { $0.model == model }
        return (own.isEmpty ? runs : own).map(\.pipeline)
    }
}

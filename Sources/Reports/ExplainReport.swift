/// Why the steps of a run did or did not run, and why the same event did not start other pipelines.
public struct ExplainReport: Sendable, Codable, Hashable {
    public struct Step: Sendable, Codable, Hashable {
        public var name: String
        public var state: String
        public var reason: String
        /// SHA-256 of what its result depends on; absent for steps that always run.
        public var key: String?
        /// The parts of the key: `inputs src/**` → digest, and so on.
        public var parts: [String: String]

        public init(name: String, state: String, reason: String, key: String?, parts: [String: String]) {
            self.name = name
            self.state = state
            self.reason = reason
            self.key = key
            self.parts = parts
        }
    }

    public var run: RunReport
    public var trigger: String
    public var steps: [Step]
    /// Pipelines that the same event did not start: name → reason.
    public var otherPipelines: [String: String]

    public init(run: RunReport, trigger: String, steps: [Step], otherPipelines: [String: String]) {
        self.run = run
        self.trigger = trigger
        self.steps = steps
        self.otherPipelines = otherPipelines
    }
}

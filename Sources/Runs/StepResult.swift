import Plans

/// What a step produced.
public struct StepResult: Sendable {
    public var outcome: Outcome
    public var values: [String: String] = [:]
    /// Kept outputs: name → path.
    public var outputs: [String: String] = [:]
    /// The messages of a step that has no command. They go into its log.
    public var said: [String] = []
    /// The result for later runs to reuse.
    public var kept: KeptResult?
    /// Its monitor report, unchanged.
    public var monitor: String?
    /// Its infrastructure plan.
    public var infrastructure: InfrastructureRecord?

    public init(
        outcome: Outcome, values: [String: String] = [:], outputs: [String: String] = [:], said: [String] = [],
        kept: KeptResult? = nil, monitor: String? = nil, infrastructure: InfrastructureRecord? = nil
    ) {
        self.outcome = outcome
        self.values = values
        self.outputs = outputs
        self.said = said
        self.kept = kept
        self.monitor = monitor
        self.infrastructure = infrastructure
    }
}

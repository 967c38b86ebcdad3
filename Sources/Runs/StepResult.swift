import Plans

/// The result of a step.
public struct StepResult: Sendable {
    public var outcome: Outcome
    public var values: [String: String] = [:]
    /// Kept outputs: name → path.
    public var outputs: [String: String] = [:]
    /// Messages of a step without a command. They go where the output of a command goes.
    public var said: [String] = []
    /// The result that later runs can reuse.
    public var kept: KeptResult?
    /// The monitor report, exactly as the step wrote it.
    public var monitor: String?
    /// What the step planned for infrastructure.
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

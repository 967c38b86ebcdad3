import Plans

/// What a step left behind.
public struct StepResult: Sendable {
    public var outcome: Outcome
    public var values: [String: String] = [:]
    /// Kept outputs: name → path.
    public var outputs: [String: String] = [:]
    /// What a step without a command of its own has to say; goes where a command's output goes.
    public var said: [String] = []
    /// What later runs may take instead of doing the same again.
    public var kept: KeptResult?
    /// The monitor report that it wrote, as it wrote it.
    public var monitor: String?
    /// What it has planned for infrastructure.
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

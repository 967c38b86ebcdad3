/// The infrastructure plan of a step.
public struct InfrastructureRecord: Sendable, Hashable {
    /// The folder and the state that the plan is about.
    public let place: String
    /// Digest of the inputs of the plan.
    public let configuration: String
    /// The plan as JSON. The store does not read it.
    public let body: String
    /// The plan as Terraform shows it to people.
    public let text: String

    public init(place: String, configuration: String, body: String, text: String) {
        self.place = place
        self.configuration = configuration
        self.body = body
        self.text = text
    }
}

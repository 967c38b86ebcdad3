/// What a step has planned for infrastructure.
public struct InfrastructureRecord: Sendable, Hashable {
    /// The folder and the state that it is about.
    public let place: String
    /// Digest of what it was planned from.
    public let configuration: String
    /// The plan as JSON; the store does not look into it.
    public let body: String
    /// As Terraform shows it to people.
    public let text: String

    public init(place: String, configuration: String, body: String, text: String) {
        self.place = place
        self.configuration = configuration
        self.body = body
        self.text = text
    }
}

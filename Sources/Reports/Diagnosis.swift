/// One thing that `espalier doctor` has examined.
public struct Diagnosis: Sendable, Codable {
    public enum State: String, Sendable, Codable { case ok, warning, broken }

    public let subject: String
    public let state: State
    /// The finding and, if there is a problem, the remedy.
    public let detail: String

    public init(subject: String, state: State, detail: String) {
        self.subject = subject
        self.state = state
        self.detail = detail
    }
}

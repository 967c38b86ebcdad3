/// One thing that `espalier doctor` has examined.
public struct Diagnosis: Sendable, Codable {
    public enum State: String, Sendable, Codable { case ok, warning, broken }

    public let subject: String
    public let state: State
    /// What was seen and, when it is not well, what to do.
    public let detail: String

    public init(subject: String, state: State, detail: String) {
        self.subject = subject
        self.state = state
        self.detail = detail
    }
}

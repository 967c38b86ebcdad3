/// A repository that was adopted and is being watched.
public struct StoredProject: Sendable, Hashable, Codable {
    public let id: Int64
    public let name: String
    /// Path of the repository, or of the mirror of `url`.
    public let repository: String
    /// Set for a remote repository.
    public let url: String?

    public init(id: Int64, name: String, repository: String, url: String?) {
        self.id = id
        self.name = name
        self.repository = repository
        self.url = url
    }
}

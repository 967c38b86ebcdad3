/// What a kind of forge is called, where it is, and how its repositories are written.
public struct ForgeTraits: Sendable {
    /// The display name.
    let name: String
    /// The address of the public service's API; nil for a forge that everybody hosts.
    let publicAPI: String?
    /// What the path of the API ends with; nil where that varies.
    var versionPath: String?
    /// How a repository is written, for messages: `owner/name`.
    let repositoryForm: String
    /// Whether a text is written so, by its segments between slashes.
    let isRepository: @Sendable (_ segments: [Substring]) -> Bool
}

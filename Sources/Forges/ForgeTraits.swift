/// Name, address and repository notation of a kind of forge.
public struct ForgeTraits: Sendable {
    /// The display name.
    let name: String
    /// The address of the public service's API; nil for a forge that is always self-hosted.
    let publicAPI: String?
    /// Suffix of the API's path; nil where it varies.
    var versionPath: String?
    /// How a repository is written, for messages: `owner/name`.
    let repositoryForm: String
    /// Whether a text has this form, judged by its segments between slashes.
    let isRepository: @Sendable (_ segments: [Substring]) -> Bool
}

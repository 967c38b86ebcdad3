/// A forge, as values: deliveries into meaning, requests to be made, answers into values. No network, no clock, no disk.
///
/// Each kind of forge has one implementation, and all pass the same suite.
public protocol Forge: Sendable {
    var settings: ForgeSettings { get }

    /// Where the heads of all proposed changes can be fetched from, with one `*` for the number; nil when they have no refs of
    /// their own, and are to be fetched by their source branch.
    var changeRefs: String? { get }

    // MARK: Deliveries

    /// What a delivery tells about the repository of the settings. To be asked after `isAuthentic`.
    func meaning(of delivery: Delivery) throws(ForgeError) -> ForgeEvent

    /// The forge's own name for a delivery, the same when it is sent again; nil when it has none (take a digest of the body).
    /// Most forges do not sign it.
    func deliveryID(of delivery: Delivery) -> String?

    /// When the sender signed a delivery, in seconds since 1970; nil when its signature covers no time.
    func signingTime(of delivery: Delivery) -> Int64?

    /// Whether a delivery comes from someone who knows the secret, by its unparsed bytes. Never, when the secret is empty.
    ///
    /// - Parameter allowsSHA1: accept GitHub's old signature when there is no better one.
    func isAuthentic(_ delivery: Delivery, secret: String, allowsSHA1: Bool, hmac: HMACFunction) -> Bool

    // MARK: Requests and their answers

    /// A page of the open changes, oldest first.
    ///
    /// - Parameter page: from 1.
    func listChanges(page: Int) -> ForgeRequest

    /// The changes of a page, and whether there are more. A change that has no commits yet is left out.
    func changes(in answer: ForgeResponse) throws(ForgeError) -> (changes: [ForgeChange], hasMore: Bool)

    func change(_ number: Int64) -> ForgeRequest
    func change(in answer: ForgeResponse) throws(ForgeError) -> ForgeChange

    func setStatus(_ status: CommitStatus) -> ForgeRequest

    /// Why the status is not what was asked for; nil when it is.
    func statusTrouble(in answer: ForgeResponse) -> ForgeError?

    func merge(_ order: MergeOrder) -> ForgeRequest
    func mergeAnswer(_ answer: ForgeResponse) -> MergeAnswer
}

extension Forge {
    /// Seconds by which a signing time may differ from the receiver's clock. Source: Standard Webhooks 1.0 and its libraries.
    public static var signingTolerance: Int64 { 300 }

    public func isAuthentic(_ delivery: Delivery, secret: String, hmac: HMACFunction) -> Bool {
        isAuthentic(delivery, secret: secret, allowsSHA1: false, hmac: hmac)
    }

    public func signingTime(of delivery: Delivery) -> Int64? { nil }

    /// Whether a delivery was signed just now, or says nothing about time.
    ///
    /// - Parameter now: seconds since 1970.
    public func isFresh(_ delivery: Delivery, now: Int64) -> Bool {
        guard let signed = signingTime(of: delivery) else { return true }
        let (difference, overflows) = now.subtractingReportingOverflow(signed)
        return !overflows && difference.magnitude <= Self.signingTolerance.magnitude
    }

    /// Where one change's head can be fetched from, if it has a ref of its own.
    public func changeRef(_ number: Int64) -> String? {
        changeRefs?.replacing("*", with: "\(number)")
    }

    public func statusTrouble(in answer: ForgeResponse) -> ForgeError? { trouble(in: answer) }
}

/// The implementation for a project's forge.
public func forge(for settings: ForgeSettings) -> any Forge {
    switch settings.kind {
    case .github: GitHubForge(settings)
    case .gitlab: GitLabForge(settings)
    case .gitea: GiteaForge(settings)
    case .azureDevOps: AzureDevOpsForge(settings)
    }
}

/// A forge, as pure values: it interprets deliveries, builds requests and interprets answers. No network, clock or
/// disk.
///
/// Each kind of forge has one implementation, and all pass the same suite.
public protocol Forge: Sendable {
    static var traits: ForgeTraits { get }

    init(_ settings: ForgeSettings)

    var settings: ForgeSettings { get }

    /// The refs of the heads of all proposed changes, with one `*` for the number. Nil if the forge has no such refs;
    /// then fetch the source branches.
    var changeRefs: String? { get }

    // MARK: Deliveries

    /// The meaning of a delivery for the configured repository. Check `isAuthentic` first.
    func meaning(of delivery: Delivery) throws(ForgeError) -> ForgeEvent

    /// The forge's own ID of a delivery, the same if it is sent again; nil if it has none (use a digest of the body).
    /// Most forges do not sign it.
    func deliveryID(of delivery: Delivery) -> String?

    /// When the sender signed a delivery, in seconds since 1970; nil if its signature covers no time.
    func signingTime(of delivery: Delivery) -> Int64?

    /// Whether the sender of a delivery knows the secret, judged by the unparsed bytes. Always false if the secret is
    /// empty.
    ///
    /// - Parameter allowsSHA1: accept GitHub's old signature if there is no better one.
    func isAuthentic(_ delivery: Delivery, secret: String, allowsSHA1: Bool, hmac: HMACFunction) -> Bool

    // MARK: Requests and their answers

    /// Requests one page of the open changes, oldest first.
    ///
    /// - Parameter page: from 1.
    func listChanges(page: Int) -> ForgeRequest

    /// The changes of a page, and whether there are more pages. Leaves out changes without commits.
    func changes(in answer: ForgeResponse) throws(ForgeError) -> (changes: [ForgeChange], hasMore: Bool)

    func change(_ number: Int64) -> ForgeRequest
    func change(in answer: ForgeResponse) throws(ForgeError) -> ForgeChange

    func setStatus(_ status: CommitStatus) -> ForgeRequest

    /// Why setting the status failed; nil if it succeeded.
    func statusTrouble(in answer: ForgeResponse) -> ForgeError?

    func merge(_ order: MergeOrder) -> ForgeRequest
    func mergeAnswer(_ answer: ForgeResponse) -> MergeAnswer
}

extension Forge {
    /// How many seconds a signing time may differ from the receiver's clock. Source: Standard Webhooks 1.0 and its
    /// libraries.
    public static var signingTolerance: Int64 { 300 }

    public func isAuthentic(_ delivery: Delivery, secret: String, hmac: HMACFunction) -> Bool {
        isAuthentic(delivery, secret: secret, allowsSHA1: false, hmac: hmac)
    }

    public func signingTime(of delivery: Delivery) -> Int64? { nil }

    /// Whether a delivery was signed just now, or has no signing time.
    ///
    /// - Parameter now: seconds since 1970.
    public func isFresh(_ delivery: Delivery, now: Int64) -> Bool {
        guard let signed = signingTime(of: delivery) else { return true }
        let (difference, overflows) = now.subtractingReportingOverflow(signed)
        return !overflows && difference.magnitude <= Self.signingTolerance.magnitude
    }

    /// The ref of one change's head, if the forge has such refs.
    public func changeRef(_ number: Int64) -> String? {
        changeRefs?.replacing("*", with: "\(number)")
    }

    public func statusTrouble(in answer: ForgeResponse) -> ForgeError? { trouble(in: answer) }
}

/// The implementation for a project's forge.
public func forge(for settings: ForgeSettings) -> any Forge { settings.kind.implementation.init(settings) }

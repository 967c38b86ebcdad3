import Foundation

/// A daemon's lease to move aliases of a registered model, stored as a tag of the model: `ID UNTIL HOST`.
package struct Lease: Sendable, Hashable {
    static let tag = "espalier.lease"
    /// Seconds. Longer than a move takes, and short enough to wait for after a crash.
    static let length: TimeInterval = 60

    /// Id of the daemon. Not a secret.
    let holder: String
    package let until: Date
    package let host: String

    init(holder: String, until: Date, host: String) {
        self.holder = holder
        self.until = until
        self.host = host
    }

    /// - Parameter tag: `nil` if there is no such tag. A tag that is not a lease blocks nobody.
    init?(tag: String?) {
        let words = (tag ?? "").split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count == 3, let until = try? Date(words[1], strategy: .iso8601) else { return nil }
        self.init(holder: words[0], until: until, host: words[2])
    }

    package var text: String { "\(holder) \(until.formatted(.iso8601)) \(host)" }

    /// Whether a daemon has to wait for this lease.
    func holdsUp(_ daemon: String, at now: Date) -> Bool { holder != daemon && until > now }
}

/// Another daemon is moving aliases of the model, or crashed while it did. The lease expires by itself.
package struct LeaseHeld: Error, CustomStringConvertible {
    package let model: String
    let lease: Lease

    package var description: String {
        "another daemon, \(lease.holder) on \(lease.host), moves aliases of \(model), until "
            + "\(lease.until.formatted(.iso8601)) at the latest; if that is a mistake, stop it, or give it a model of its own"
    }
}

/// The model's champions are decided by the ledger of another daemon, whose id the model carries as a tag.
package struct OtherLedger: Error, CustomStringConvertible {
    static let tag = "espalier.ledger"

    package let model: String
    let owner: String

    package var description: String {
        "the champions of \(model) are decided by the ledger of another daemon, \(owner): give this environment a model of "
            + "its own, or, once that daemon promotes \(model) no longer, hand it over by deleting the model's tag "
            + "'\(Self.tag)' in MLflow"
    }
}

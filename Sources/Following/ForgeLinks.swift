import Events
import Forges
import Foundation
import Home
import Projects
import Store

/// A project's forge, ready for requests: its settings, with the secrets as its files have them now.
package struct LinkedForge {
    package let project: StoredProject
    package let link: ForgeLink
    package let forge: any Forge

    package init(_ project: StoredProject, _ link: ForgeLink) throws {
        self.project = project
        self.link = link
        guard let kind = ForgeKind(rawValue: link.kind) else {
            throw ForgeError.misconfigured("'\(link.kind)' is no forge that Espalier knows")
        }
        forge = Forges.forge(
            for: try ForgeSettings(
                kind: kind, api: link.api, repository: link.repository, token: try link.tokenFile.map(Self.secret)))
    }

    /// The secret that signs webhooks. `nil` if webhooks are not accepted.
    func webhookSecret() throws -> String? { try link.secretFile.map(Self.secret) }

    private static func secret(_ reference: String) throws(ForgeError) -> String {
        do {
            return try SecretSources.read(reference).value
        } catch {
            throw .misconfigured("\(error)")
        }
    }
}

/// The ref that represents a pull request, like the ref of any other change.
package enum PullRef {
    package static let prefix = "pull-"

    package static func name(_ number: Int64, target: String) -> String {
        ProposalRef(key: "\(prefix)\(number)", target: target).name
    }

    /// The number of the pull request that a change's key represents.
    package static func number(ofKey key: String) -> Int64? {
        key.hasPrefix(prefix) ? Int64(key.dropFirst(prefix.count)) : nil
    }
}

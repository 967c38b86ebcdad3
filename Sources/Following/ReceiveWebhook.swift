import Digests
import Forges
import Foundation
import Projects
import Store

/// Accepts webhooks: verifies the signature, stores the delivery and answers at once. Its subject is looked up later.
package struct WebhookReceiver: Sendable {
    let store: Store
    let follower: ForgeFollower

    package init(store: Store, follower: ForgeFollower) {
        self.store = store
        self.follower = follower
    }

    /// - Parameters:
    ///   - project: name of the project.
    ///   - body: unmodified, because signatures cover its bytes.
    /// - Returns: the HTTP status, and a sentence for the forge's list of deliveries.
    package func receive(project name: String, headers: [(name: String, value: String)], body: [UInt8]) async throws
        -> (
            status: Int, text: String
        )
    {
        guard let project = try await store.projects().first(where: { $0.name == name }),
            let link = try await store.forges()[project.id]
        else { return (404, "there is no project '\(name)' with a forge here") }
        let linked: LinkedForge
        let secret: String?
        do {
            linked = try LinkedForge(project, link)
            secret = try linked.webhookSecret()
        } catch {
            return (503, "the forge of '\(name)' is not set up: \(error)")
        }
        guard let secret else { return (403, "'\(name)' takes no webhooks: link its forge with --secret-file") }
        let delivery = Delivery(headers: HeaderFields(headers.map { (key: $0.name, value: $0.value) }), body: body)
        let now = Date()
        guard linked.forge.isAuthentic(delivery, secret: secret, hmac: authenticate),
            linked.forge.isFresh(delivery, now: Int64(now.timeIntervalSince1970))
        else { return (401, "the signature does not fit: is the secret the same on both sides?") }
        let (meaning, matters) = read(delivery, linked.forge)
        guard matters else { return (200, meaning) }
        let id = linked.forge.deliveryID(of: delivery) ?? sha256(body)
        guard try await store.receive(delivery: id, meaning: meaning, project: project.id, at: now) else {
            return (200, "seen before")
        }
        follower.look(at: project.id)
        return (202, meaning)
    }

    /// The subject of a delivery, and whether it needs a look. An unreadable delivery does: it may be of a newer kind.
    private func read(_ delivery: Delivery, _ forge: any Forge) -> (meaning: String, matters: Bool) {
        do {
            switch try forge.meaning(of: delivery) {
            case .pushed(let refs): return ("pushed: \(refs.map(\.ref).joined(separator: ", "))", true)
            case .changeMoved(let move): return ("change \(move.number) was \(move.action.rawValue)", true)
            case .ping: return ("pong", false)
            case .ignored(let reason): return ("ignored: \(reason)", false)
            }
        } catch {
            return ("not understood: \(error)", true)
        }
    }
}

/// The hash function in the form that `Forges` needs.
private func authenticate(_ function: HashFunction, _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    switch function {
    case .sha1: hmac(.sha1, key: key, message)
    case .sha256: hmac(.sha256, key: key, message)
    }
}

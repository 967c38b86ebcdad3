import Digests
import Foundation
import Home
import Registry

/// Makes independent daemons take turns when they move aliases of one registered model.
///
/// MLflow has no compare-and-set. The tag is written and read again after a delay; the last writer has the lease. If
/// one daemon takes longer between reading and writing than the other waits, both can get it. So this makes accidents
/// visible but does not rule them out.
package actor ModelLeases {
    private let home: Home
    /// Moves in progress here, by server and model. The last one removes the tag.
    private var moves: [String: Int] = [:]

    /// Milliseconds between writing the tag and reading it again.
    private let settling: ClosedRange<Int>

    init(home: Home, settling: ClosedRange<Int> = 50...150) {
        self.home = home
        self.settling = settling
    }

    /// Runs `move` while no other daemon moves aliases of the model.
    ///
    /// - Throws: `LeaseHeld` while another daemon does, and whatever `move` throws.
    package func holding<Result: Sendable>(
        _ model: String, of registry: MLflow, _ move: @Sendable (Lease) async throws -> Result
    ) async throws -> Result {
        let place = "\(registry.url) \(model)"
        moves[place, default: 0] += 1
        let result: Swift.Result<Result, any Error>
        do {
            let lease = try await take(model, of: registry)
            result = .success(try await move(lease))
        } catch {
            result = .failure(error)
        }
        moves[place, default: 1] -= 1
        if moves[place] == 0 {
            moves[place] = nil
            // If the tag cannot be removed because the server is down, the lease expires.
            try? await giveBack(model, to: registry)
        }
        return try result.get()
    }

    private func giveBack(_ model: String, to registry: MLflow) async throws {
        guard Lease(tag: try await registry.tags(ofModel: model)[Lease.tag])?.holder == (try id()) else { return }
        try await registry.deleteTag(Lease.tag, ofModel: model)
    }

    /// - Throws: `OtherLedger` if the model's champions are decided by another ledger.
    func requireOwn(_ model: String, of registry: MLflow) async throws {
        try requireOwn(model, try await registry.tags(ofModel: model))
    }

    private func requireOwn(_ model: String, _ tags: [String: String]) throws {
        guard let owner = tags[OtherLedger.tag], !owner.isEmpty, owner != (try ledger()) else { return }
        throw OtherLedger(model: model, owner: owner)
    }

    /// - Throws: `LeaseHeld` while another daemon is moving aliases of the model, `OtherLedger` if it is not ours.
    func requireFree(_ model: String, of registry: MLflow) async throws {
        let tags = try await registry.tags(ofModel: model)
        try requireOwn(model, tags)
        let known = Lease(tag: tags[Lease.tag])
        if let known, known.holdsUp(try id(), at: Date()) { throw LeaseHeld(model: model, lease: known) }
    }

    private func take(_ model: String, of registry: MLflow) async throws -> Lease {
        try await requireFree(model, of: registry)
        let lease = Lease(
            holder: try id(), until: Date().addingTimeInterval(Lease.length), host: ProcessInfo.processInfo.hostName)
        try await registry.setTag(Lease.tag, to: lease.text, ofModel: model)
        try await Task.sleep(for: .milliseconds(Int.random(in: settling)))
        let tags = try await registry.tags(ofModel: model)
        let seen = Lease(tag: tags[Lease.tag])
        if let seen, seen.holder != lease.holder { throw LeaseHeld(model: model, lease: seen) }
        try requireOwn(model, tags)
        if seen != nil, tags[OtherLedger.tag] == nil {
            try await registry.setTag(OtherLedger.tag, to: try ledger(), ofModel: model)
        }
        // The tag is gone: an earlier move of ours has just ended.
        return seen == nil ? try await take(model, of: registry) : lease
    }

    /// Identifies this daemon. Stays the same after a restart; a copy of the home gets another one.
    private func id() throws -> String {
        let made = try makeOnce(home.id) { UUID().uuidString }
        return String(sha256("\(made) \(ProcessInfo.processInfo.hostName) \(home.path)").prefix(12))
    }

    /// Identifies the ledger. Stays the same when the home moves to another machine or path.
    private func ledger() throws -> String {
        String(sha256("ledger \(try makeOnce(home.id) { UUID().uuidString })").prefix(12))
    }
}

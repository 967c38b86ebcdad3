import Digests
import Executing
import Foundation
import Home
import Plans
import Projects
import Registry
import Runs
import Store
import Synchronization

/// The daemon's side of the door between steps and MLflow: who asks, and what they may.
///
/// An attempt's token is valid from before its command starts until after it has ended, also across a restart of the daemon.
package final class RegistryDoor: Sendable {
    package let address: DoorAddress
    private let registries: Registries
    private let state = Mutex(State())
    private let began = ContinuousClock.now

    private struct State {
        /// By token.
        var visitors: [String: Visitor] = [:]
        var known: [KnownID: Tracked] = [:]
    }

    private struct KnownID: Hashable {
        let server: ServerAddress
        let id: TrackedID
    }

    package init(address: DoorAddress, registries: Registries) {
        self.address = address
        self.registries = registries
    }

    // MARK: Attempts

    /// Lets an attempt in.
    ///
    /// - Parameter said: called with each refusal, for the attempt's log.
    /// - Returns: the variables of its command.
    package func open(
        _ attempt: Attempt, of run: StoredRun, experiment: String, said: @escaping @Sendable (String) -> Void
    ) -> [String: String] {
        let settings = run.plan.settings.registry
        let grant = StepGrant(
            experiment: experiment, models: settings.models ?? settings.model.map { [$0] } ?? [],
            owner: code("owner \(run.id) \(run.createdAt.timeIntervalSince1970)"), run: run.id)
        let token = token(of: attempt)
        state.withLock { $0.visitors[token] = Visitor(grant: grant, settings: settings, said: said) }
        return ["MLFLOW_TRACKING_URI": address.url, "MLFLOW_TRACKING_TOKEN": token]
    }

    package func close(_ attempt: Attempt) {
        let token = token(of: attempt)
        state.withLock { _ = $0.visitors.removeValue(forKey: token) }
    }

    private func token(of attempt: Attempt) -> String { "\(attempt).\(code("attempt \(attempt)"))" }

    private func code(_ text: String) -> String {
        hmac(.sha256, key: Array(address.key.utf8), Array(text.utf8)).map { String(format: "%02x", $0) }.joined()
    }

    // MARK: Requests

    /// Who asks.
    package enum Caller: Sendable {
        case visitor(Visitor)
        /// The daemon itself, or somebody who can read its home. `target` is without the key.
        case keeper(target: String)
        /// An attempt that a daemon which has just started does not know yet.
        case early
        case stranger
    }

    package func caller(_ target: String, authorization: String?) -> Caller {
        let token = authorization.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        if token == address.key { return .keeper(target: target) }
        if target.hasPrefix("/\(address.key)") {
            let rest = target.dropFirst(address.key.count + 1)
            if rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("?") { return .keeper(target: String(rest)) }
        }
        guard let token else { return .stranger }
        if let visitor = state.withLock({ $0.visitors[token] }) { return .visitor(visitor) }
        let isOurs =
            token.lastIndex(of: ".").map { token[$0...].dropFirst() == code("attempt \(token[..<$0])") } ?? false
        return isOurs && ContinuousClock.now - began < .seconds(60) ? .early : .stranger
    }

    /// The embedded server, for who may reach all of it.
    package func embedded() async throws -> ServerAddress {
        try await registries.address(of: .embedded).server
    }

    /// A visitor's call as the server gets it.
    ///
    /// - Throws: `DoorRefusal`, which the attempt's log names; `RegistryError` if the server does not answer.
    package func admit(_ call: APICall, body: [UInt8], of visitor: Visitor) async throws -> Admission {
        do {
            let (server, authorization) = try await registries.address(of: visitor.settings.server)
            let registry = try await registries.registry(visitor.settings)
            let grant = try await visitor.grant(from: registry)
            switch try grant.decide(call, body: body) {
            case .answer(let json): return .answer(json)
            case .pass(let passed):
                for need in passed.needs { try await check(need, for: grant, registry, server) }
                return .pass(passed, to: server, authorization: authorization)
            }
        } catch let refusal as DoorRefusal {
            visitor.tell("espalier: refused: \(printable(call.name)) (\(refusal.reason))")
            throw refusal
        }
    }

    package enum Admission: Sendable {
        case pass(PassedCall, to: ServerAddress, authorization: String?)
        case answer(String)
    }

    private func check(_ need: DoorNeed, for grant: StepGrant, _ registry: MLflow, _ server: ServerAddress) async throws
    {
        let key = KnownID(server: server, id: need.id)
        var found = state.withLock { $0.known[key] }
        if found == nil {
            found = try await registry.tracked(need.id)
            state.withLock { state in
                if state.known.count > 10_000 { state.known = [:] }
                state.known[key] = found
            }
        }
        guard let obstacle = need.obstacle(to: grant, found: found, sources: []) else { return }
        // Models of other experiments may be registered as the environment's own.
        if need.access == .read, found != nil {
            for model in grant.models {
                let sources = try await registry.versions(of: model).map(\.source)
                if need.obstacle(to: grant, found: found, sources: sources) == nil { return }
            }
        }
        throw DoorRefusal(obstacle)
    }
}

/// An attempt that has been let in.
package final class Visitor: Sendable {
    let settings: RegistrySettings
    private let said: @Sendable (String) -> Void
    private let state: Mutex<(grant: StepGrant, told: Set<String>)>

    init(grant: StepGrant, settings: RegistrySettings, said: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        self.said = said
        state = Mutex((grant, []))
    }

    /// The grant with the experiment's number on the server, which is looked up until it has one.
    func grant(from registry: MLflow) async throws -> StepGrant {
        var grant = state.withLock(\.grant)
        if grant.experimentID == nil {
            grant.experimentID = try await registry.experimentID(of: grant.experiment)
            state.withLock { [grant] in $0.grant = grant }
        }
        return grant
    }

    /// Names a request in the log that is not even a path.
    package func refused(_ method: String, _ target: String, _ refusal: DoorRefusal) -> DoorRefusal {
        tell("espalier: refused: \(printable("\(method) \(target)")) (\(refusal.reason))")
        return refusal
    }

    /// Each sentence once, and not without end: a step may ask as often as it wants.
    func tell(_ sentence: String) {
        let isNew = state.withLock { $0.told.count < 50 && $0.told.insert(sentence).inserted }
        if isNew { said(sentence) }
    }
}

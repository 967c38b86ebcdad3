/// What an attempt at a step may reach in MLflow.
public struct StepGrant: Sendable, Hashable {
    /// The environment's experiment, by name.
    public let experiment: String
    /// Its number on the server; `nil` if there is no such experiment yet.
    public var experimentID: String?
    /// The environment's registered models, which it may read.
    public let models: [String]
    /// Marks what the attempt's run has made. Nobody else can write it.
    public let owner: String
    /// The number of the attempt's run.
    public let run: Int64

    public init(experiment: String, experimentID: String? = nil, models: [String], owner: String, run: Int64) {
        self.experiment = experiment
        self.experimentID = experimentID
        self.models = models
        self.owner = owner
        self.run = run
    }

    /// Tags that only the door sets start like this.
    static let reserved = "espalier."
    static let ownerTag = "espalier.owner"

    /// What whatever the attempt makes is tagged with.
    var tags: [[String: String]] {
        [["key": Self.ownerTag, "value": owner], ["key": "espalier.run", "value": String(run)]]
    }
}

/// A run or a logged model that a call is about.
public enum TrackedID: Sendable, Hashable {
    case run(String)
    case model(String)

    /// What a part of an artifact's path names.
    init?(inPath name: String) {
        if name.wholeMatch(of: /[0-9a-f]{32}/) != nil {
            self = .run(name)
        } else if name.wholeMatch(of: /m-[0-9a-f]{32}/) != nil {
            self = .model(name)
        } else {
            return nil
        }
    }
}

/// What the server has to confirm before a call is passed on.
public struct DoorNeed: Sendable, Hashable {
    public enum Access: Sendable, Hashable {
        case read, write
    }

    public let id: TrackedID
    public let access: Access
    /// The artifact of it that is meant, as the server names it; `nil` for the run or model itself.
    public let artifact: [String]?

    init(_ id: TrackedID, _ access: Access, artifact: [String]? = nil) {
        self.id = id
        self.access = access
        self.artifact = artifact
    }
}

/// What the server knows of a run or a logged model. None of it ever changes.
public struct Tracked: Sendable, Hashable {
    public let experiment: String
    /// The value of the owner's tag.
    public let owner: String?
    /// Where its artifacts are, if the server passes them on.
    public let root: [String]?

    public init(experiment: String, owner: String?, root: [String]?) {
        self.experiment = experiment
        self.owner = owner
        self.root = root
    }
}

extension DoorNeed {
    /// Why the attempt does not have it; `nil` if it does.
    ///
    /// - Parameter sources: where the versions of the environment's registered models are.
    public func obstacle(to grant: StepGrant, found: Tracked?, sources: [String]) -> String? {
        guard let found else { return "there is no such run or model" }
        if let artifact {
            guard let root = found.root, artifact.starts(with: root), artifact.count > root.count || access == .read
            else {
                return "the artifact belongs to no run or model"
            }
        }
        switch access {
        case .write:
            return found.owner == grant.owner && found.experiment == grant.experimentID
                ? nil : "another run made it, and a step writes only to what its own run made"
        case .read:
            if found.experiment == grant.experimentID { return nil }
            return sources.contains { isReached(by: $0, found) }
                ? nil : "it belongs to another experiment than \(grant.experiment)"
        }
    }

    /// Whether it is, or is inside, the model that a version was registered from.
    private func isReached(by source: String, _ found: Tracked) -> Bool {
        if case .model(let id) = id, source == "models:/\(id)" { return true }
        let folder = artifactPath(source)
        if case .model = id, let root = found.root, let folder, folder == root { return true }
        guard let artifact, let folder else { return false }
        return artifact.starts(with: folder)
    }
}

/// The parts of `mlflow-artifacts:/1/RUN/artifacts/model`; `nil` for any other address.
func artifactPath(_ address: String) -> [String]? {
    guard address.hasPrefix("mlflow-artifacts:") else { return nil }
    var rest = address.dropFirst("mlflow-artifacts:".count)
    // With an authority, clients go there and not to us.
    guard !rest.hasPrefix("//") || rest.hasPrefix("///") else { return nil }
    rest = rest.drop { $0 == "/" }
    let parts = rest.split(separator: "/").map(String.init)
    return parts.isEmpty ? nil : parts
}

import Foundation

/// Why a pipeline does not run for an event.
public struct NonRun: Sendable, Hashable, CustomStringConvertible {
    /// One word for programs, for example `pathsUntouched`.
    public let kind: String
    /// A sentence about the pipeline without its subject, for example "nothing under docs/** changed".
    public let description: String

    package init(_ kind: String, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension NonRun {
    /// The pipeline's file does not list this kind of event.
    package static func notTriggered(by kind: String) -> NonRun {
        NonRun("notTriggered", "not started by a \(kind)")
    }

    package static func otherEnvironment(wanted: [String], actual: String) -> NonRun {
        NonRun("otherEnvironment", "runs in \(wanted.joined(separator: ", ")), and this branch is \(actual)")
    }

    package static func pathsUntouched(_ paths: [String]) -> NonRun {
        NonRun("pathsUntouched", "nothing under \(paths.joined(separator: ", ")) changed")
    }

    /// The trusted files do not give the environment this model.
    package static func otherModel(wanted: String, environment: String, known: [String]) -> NonRun {
        NonRun(
            "otherModel",
            "is about model '\(wanted)', and environment '\(environment)' has "
                + (known.isEmpty ? "none" : known.joined(separator: ", "))
                + ": registry: takes effect when it is merged into the default branch")
    }

    /// Whether the only reason is that the commit did not touch the pipeline's paths.
    public var isForPaths: Bool { kind == "pathsUntouched" }
}

extension NonRun: Codable {
    private enum CodingKeys: String, CodingKey { case kind, reason }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guard let kind = try values.decodeIfPresent(String.self, forKey: .kind) else {
            self = try Format1(from: decoder).reason
            return
        }
        self.init(kind, try values.decode(String.self, forKey: .reason))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(kind, forKey: .kind)
        try values.encode(description, forKey: .reason)
    }
}

/// Format 1. Only read, never written; the names are part of the format.
private enum Format1: Decodable {
    case notTriggered(by: String)
    case otherEnvironment(wanted: [String], actual: String)
    case otherBranch(wanted: [String])
    case pathsUntouched([String])
    case otherTarget(wanted: [String])
    case otherSchedule
    case otherPipeline(wanted: [String])
    case otherModel(wanted: String, environment: String, known: [String])
    case coolingDown(until: Date)
    case oftenEnough(starts: Int, since: Date)

    var reason: NonRun {
        switch self {
        case .notTriggered(let kind): .notTriggered(by: kind)
        case .otherEnvironment(let wanted, let actual): .otherEnvironment(wanted: wanted, actual: actual)
        case .otherBranch(let wanted): .otherBranch(wanted: wanted)
        case .pathsUntouched(let paths): .pathsUntouched(paths)
        case .otherTarget(let wanted): .otherTarget(wanted: wanted)
        case .otherSchedule: .otherSchedule
        case .otherPipeline(let wanted): .otherPipeline(wanted: wanted)
        case .otherModel(let wanted, let environment, let known):
            .otherModel(wanted: wanted, environment: environment, known: known)
        case .coolingDown(let until): .coolingDown(until: until)
        case .oftenEnough(let starts, let since): .oftenEnough(starts: starts, since: since)
        }
    }
}

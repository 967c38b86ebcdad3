import Foundation
import Formats

// How reasons not to run are stored. Golden files of every format: Tests/StoreTests/Golden.

extension NonRun: Codable {
    public init(from decoder: any Decoder) throws {
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "notTriggered": self = .notTriggered(by: try stored.value("by"))
        case "otherEnvironment":
            self = .otherEnvironment(wanted: try stored.value("wanted"), actual: try stored.value("actual"))
        case "otherBranch": self = .otherBranch(wanted: try stored.value("wanted"))
        case "pathsUntouched": self = .pathsUntouched(try stored.value("paths", old: "_0"))
        case "otherTarget": self = .otherTarget(wanted: try stored.value("wanted"))
        case "otherSchedule": self = .otherSchedule
        case "otherPipeline": self = .otherPipeline(wanted: try stored.value("wanted"))
        case "otherModel":
            self = .otherModel(
                wanted: try stored.value("wanted"), environment: try stored.value("environment"),
                known: try stored.value("known"))
        case "coolingDown": self = .coolingDown(until: try stored.value("until"))
        case "oftenEnough": self = .oftenEnough(starts: try stored.value("starts"), since: try stored.value("since"))
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .notTriggered(let kind): try encodeCase("notTriggered", ["by": kind], to: encoder)
        case .otherEnvironment(let wanted, let actual):
            try encodeCase("otherEnvironment", ["wanted": wanted, "actual": actual], to: encoder)
        case .otherBranch(let wanted): try encodeCase("otherBranch", ["wanted": wanted], to: encoder)
        case .pathsUntouched(let paths): try encodeCase("pathsUntouched", ["paths": paths], to: encoder)
        case .otherTarget(let wanted): try encodeCase("otherTarget", ["wanted": wanted], to: encoder)
        case .otherSchedule: try encodeCase("otherSchedule", to: encoder)
        case .otherPipeline(let wanted): try encodeCase("otherPipeline", ["wanted": wanted], to: encoder)
        case .otherModel(let wanted, let environment, let known):
            try encodeCase(
                "otherModel", ["wanted": wanted, "environment": environment, "known": known], to: encoder)
        case .coolingDown(let until): try encodeCase("coolingDown", ["until": until], to: encoder)
        case .oftenEnough(let starts, let since):
            try encodeCase("oftenEnough", ["starts": starts, "since": since], to: encoder)
        }
    }
}

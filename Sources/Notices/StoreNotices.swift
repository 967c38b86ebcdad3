import Foundation
import Formats

// How notices are stored. Golden files of every format: Tests/StoreTests/Golden.

extension Notice: Codable {
    private enum CodingKeys: String, CodingKey {
        case project, environment, branch, pipeline, commit, run, at, about, count, earlier
    }

    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(Subject.self, forKey: .about),
            project: try container.decode(String.self, forKey: .project),
            environment: try container.decode(String.self, forKey: .environment),
            branch: try container.decode(String.self, forKey: .branch),
            pipeline: try container.decode(String.self, forKey: .pipeline),
            commit: try container.decode(String.self, forKey: .commit),
            run: try container.decode(Int64.self, forKey: .run), at: try container.decode(Date.self, forKey: .at))
        count = try container.decode(Int.self, forKey: .count)
        earlier = try container.decode([String].self, forKey: .earlier)
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(project, forKey: .project)
        try container.encode(environment, forKey: .environment)
        try container.encode(branch, forKey: .branch)
        try container.encode(pipeline, forKey: .pipeline)
        try container.encode(commit, forKey: .commit)
        try container.encode(run, forKey: .run)
        try container.encode(at, forKey: .at)
        try container.encode(about, forKey: .about)
        try container.encode(count, forKey: .count)
        try container.encode(earlier, forKey: .earlier)
    }
}

extension Subject: Codable {
    public init(from decoder: any Decoder) throws {
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "failure":
            self = .failure(
                outcome: try stored.value("outcome"), steps: try stored.value("steps"), log: try stored.value("log"))
        case "recovery": self = .recovery(after: try stored.value("after"))
        case "missed": self = .missed(try stored.value("missed", old: "_0"))
        case "drift": self = .drift(try stored.value("steps", old: "_0"))
        case "decision": self = .decision(try stored.value("decision", old: "_0"))
        case "trouble": self = .trouble(try stored.value("trouble"), isOver: try stored.value("over"))
        case "test": self = .test
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .failure(let outcome, let steps, let log):
            try encodeCase("failure", ["outcome": outcome, "steps": steps, "log": log], to: encoder)
        case .recovery(let run): try encodeCase("recovery", ["after": run], to: encoder)
        case .missed(let missed): try encodeCase("missed", ["missed": missed], to: encoder)
        case .drift(let steps): try encodeCase("drift", ["steps": steps], to: encoder)
        case .decision(let move): try encodeCase("decision", ["decision": move], to: encoder)
        case .trouble(let trouble, let isOver):
            try encodeCase("trouble", ["trouble": trouble, "over": isOver], to: encoder)
        case .test: try encodeCase("test", to: encoder)
        }
    }
}

extension DecidedMove.Standing: Codable {
    public init(from decoder: any Decoder) throws {
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "moved": self = .moved
        case "held": self = .held
        case "void": self = .void(because: try stored.value("because"))
        case "waits": self = .waits(approvals: try stored.value("approvals"))
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .moved: try encodeCase("moved", to: encoder)
        case .held: try encodeCase("held", to: encoder)
        case .void(let reason): try encodeCase("void", ["because": reason], to: encoder)
        case .waits(let approvals): try encodeCase("waits", ["approvals": approvals], to: encoder)
        }
    }
}

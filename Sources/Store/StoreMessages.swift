import Formats
import Plans

// Stored formats of audit actions, messages to forges and planning results. Golden files of every format:
// Tests/StoreTests/Golden.

extension Deed: Codable {
    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "bypassed": self = .bypassed(branch: try stored.value("branch"), reason: try stored.value("reason"))
        case "pushed":
            self = .pushed(
                branch: try stored.value("branch"), from: try stored.optional("from"), to: try stored.optional("to"))
        case "approved": self = .approved(change: try stored.value("change"))
        case "withdrew": self = .withdrew(change: try stored.value("change"))
        case "approvedDecision": self = .approvedDecision(try stored.value("decision", old: "_0"))
        case "askedForRollback":
            self = .askedForRollback(
                model: try stored.value("model"), version: try stored.value("version"),
                reason: try stored.value("reason"))
        case "acceptedVersion":
            self = .acceptedVersion(
                model: try stored.value("model"), version: try stored.value("version"),
                reason: try stored.value("reason"))
        case "paused": self = .paused(schedule: try stored.value("schedule"), reason: try stored.value("reason"))
        case "resumed": self = .resumed(schedule: try stored.value("schedule"))
        case "backfilled":
            self = .backfilled(
                schedule: try stored.value("schedule"), number: try stored.value("number"),
                moments: try stored.value("moments"))
        case "cancelledBackfill": self = .cancelledBackfill(try stored.value("number", old: "_0"))
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        switch self {
        case .bypassed(let branch, let reason):
            try encodeCase("bypassed", ["branch": branch, "reason": reason], to: encoder)
        case .pushed(let branch, let from, let to):
            try encodeCase("pushed", ["branch": branch, "from": from, "to": to], to: encoder)
        case .approved(let change): try encodeCase("approved", ["change": change], to: encoder)
        case .withdrew(let change): try encodeCase("withdrew", ["change": change], to: encoder)
        case .approvedDecision(let decision): try encodeCase("approvedDecision", ["decision": decision], to: encoder)
        case .askedForRollback(let model, let version, let reason):
            try encodeCase("askedForRollback", ["model": model, "version": version, "reason": reason], to: encoder)
        case .acceptedVersion(let model, let version, let reason):
            try encodeCase("acceptedVersion", ["model": model, "version": version, "reason": reason], to: encoder)
        case .paused(let schedule, let reason):
            try encodeCase("paused", ["schedule": schedule, "reason": reason], to: encoder)
        case .resumed(let schedule): try encodeCase("resumed", ["schedule": schedule], to: encoder)
        case .backfilled(let schedule, let number, let moments):
            try encodeCase(
                "backfilled", ["schedule": schedule, "number": number, "moments": moments], to: encoder)
        case .cancelledBackfill(let number): try encodeCase("cancelledBackfill", ["number": number], to: encoder)
        }
    }
}

extension ForgeMessage: Codable {
    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "change": self = .change(try stored.value("number", old: "_0"))
        case "run": self = .run(try stored.value("number", old: "_0"))
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        switch self {
        case .change(let number): try encodeCase("change", ["number": number], to: encoder)
        case .run(let number): try encodeCase("run", ["number": number], to: encoder)
        }
    }
}

extension PlanningRecord: Codable {
    private enum CodingKeys: String, CodingKey { case skipped, remark }

    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            skipped: try container.decode([String: NonRun].self, forKey: .skipped),
            remark: try container.decodeIfPresent(String.self, forKey: .remark))
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(skipped, forKey: .skipped)
        try container.encodeIfPresent(remark, forKey: .remark)
    }
}

import Formats

// How reasons to skip a moment are stored. Golden files of every format: Tests/StoreTests/Golden.

extension SkipReason: Codable {
    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "late": self = .late
        case "tooMany": self = .tooMany(catchUp: try stored.value("catchUp"))
        case "overlap": self = .overlap(run: try stored.optional("run"))
        case "paused": self = .paused(by: try stored.value("by"))
        case "dependency": self = .dependency(try stored.value("name", old: "_0"), why: try stored.value("why"))
        case "retired": self = .retired
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        switch self {
        case .late: try encodeCase("late", to: encoder)
        case .tooMany(let catchUp): try encodeCase("tooMany", ["catchUp": catchUp], to: encoder)
        case .overlap(let run): try encodeCase("overlap", ["run": run], to: encoder)
        case .paused(let who): try encodeCase("paused", ["by": who], to: encoder)
        case .dependency(let name, let why): try encodeCase("dependency", ["name": name, "why": why], to: encoder)
        case .retired: try encodeCase("retired", to: encoder)
        }
    }
}

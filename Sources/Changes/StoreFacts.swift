import Formats

// How facts of changes are stored. Golden files of every format: Tests/StoreTests/Golden.

extension ChangeFact: Codable {
    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "proposed":
            self = .proposed(
                head: try stored.value("head"), author: try stored.value("author"), title: try stored.value("title"),
                origin: try stored.optional("origin"))
        case "approved": self = .approved(by: try stored.value("by"))
        case "checking":
            self = .checking(
                base: try stored.value("base"), merge: try stored.value("merge"), event: try stored.value("event"))
        case "ready": self = .ready
        case "queued": self = .queued
        case "building":
            self = .building(
                base: try stored.value("base"), merge: try stored.value("merge"), event: try stored.value("event"),
                tested: try stored.optional("tested"))
        case "waiting": self = .waiting
        case "blocked": self = .blocked(base: try stored.value("base"), files: try stored.value("files"))
        case "merging": self = .merging(try stored.value("commit", old: "_0"))
        case "conflicted": self = .conflicted(files: try stored.value("files"))
        case "rejected": self = .rejected(reason: try stored.value("reason"))
        case "merged": self = .merged(try stored.value("commit", old: "_0"))
        case "withdrawn": self = .withdrawn
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        switch self {
        case .proposed(let head, let author, let title, let origin):
            try encodeCase(
                kind, ["head": head, "author": author, "title": title, "origin": origin], to: encoder)
        case .approved(let name): try encodeCase(kind, ["by": name], to: encoder)
        case .checking(let base, let merge, let event):
            try encodeCase(kind, ["base": base, "merge": merge, "event": event], to: encoder)
        case .building(let base, let merge, let event, let tested):
            try encodeCase(kind, ["base": base, "merge": merge, "event": event, "tested": tested], to: encoder)
        case .blocked(let base, let files): try encodeCase(kind, ["base": base, "files": files], to: encoder)
        case .conflicted(let files): try encodeCase(kind, ["files": files], to: encoder)
        case .rejected(let reason): try encodeCase(kind, ["reason": reason], to: encoder)
        case .merging(let commit), .merged(let commit): try encodeCase(kind, ["commit": commit], to: encoder)
        case .ready, .queued, .waiting, .withdrawn: try encodeCase(kind, to: encoder)
        }
    }
}

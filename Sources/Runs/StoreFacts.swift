import Formats

// Stored format of facts. Golden files of every format: Tests/StoreTests/Golden.

extension StepFact: Codable {
    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "started":
            self = .started(attempt: try stored.value("attempt"), incumbent: try stored.optional("incumbent"))
        case "waiting": self = .waiting(reason: try stored.value("reason"))
        case "reported": self = .reported(values: try stored.value("values"), outputs: try stored.value("outputs"))
        case "stopping": self = .stopping(try stored.value("outcome", old: "_0"))
        case "ended": self = .ended(try stored.value("outcome", old: "_0"))
        case "retried": self = .retried
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        switch self {
        case .started(let attempt, let incumbent):
            try encodeCase("started", ["attempt": attempt, "incumbent": incumbent], to: encoder)
        case .waiting(let reason): try encodeCase("waiting", ["reason": reason], to: encoder)
        case .reported(let values, let outputs):
            try encodeCase("reported", ["values": values, "outputs": outputs], to: encoder)
        case .stopping(let outcome): try encodeCase("stopping", ["outcome": outcome], to: encoder)
        case .ended(let outcome): try encodeCase("ended", ["outcome": outcome], to: encoder)
        case .retried: try encodeCase("retried", to: encoder)
        }
    }
}

extension Outcome: Codable {
    public init(from decoder: any Decoder) throws {
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "passed": self = .passed
        case "failed": self = .failed(exitCode: try stored.value("exitCode"))
        case "killed": self = .killed(signal: try stored.value("signal"))
        case "timedOut": self = .timedOut(seconds: try stored.value("seconds"))
        case "outOfMemory": self = .outOfMemory
        case "lost": self = .lost(reason: try stored.value("reason"))
        case "refused": self = .refused(reason: try stored.value("reason"))
        case "cancelled": self = .cancelled
        case "superseded": self = .superseded(by: try stored.value("by"))
        case "skipped": self = .skipped(reason: try stored.value("reason"))
        case "reused": self = .reused(run: try stored.value("run"))
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .passed: try encodeCase("passed", to: encoder)
        case .failed(let code): try encodeCase("failed", ["exitCode": code], to: encoder)
        case .killed(let signal): try encodeCase("killed", ["signal": signal], to: encoder)
        case .timedOut(let seconds): try encodeCase("timedOut", ["seconds": seconds], to: encoder)
        case .outOfMemory: try encodeCase("outOfMemory", to: encoder)
        case .lost(let reason): try encodeCase("lost", ["reason": reason], to: encoder)
        case .refused(let reason): try encodeCase("refused", ["reason": reason], to: encoder)
        case .cancelled: try encodeCase("cancelled", to: encoder)
        case .superseded(let run): try encodeCase("superseded", ["by": run], to: encoder)
        case .skipped(let reason): try encodeCase("skipped", ["reason": reason], to: encoder)
        case .reused(let run): try encodeCase("reused", ["run": run], to: encoder)
        }
    }
}

extension KeptResult: Codable {
    private enum CodingKeys: String, CodingKey { case values, outputs, files }

    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            values: try container.decode([String: String].self, forKey: .values),
            outputs: try container.decode([String: String].self, forKey: .outputs),
            files: try container.decode([KeptFile].self, forKey: .files))
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(values, forKey: .values)
        try container.encode(outputs, forKey: .outputs)
        try container.encode(files, forKey: .files)
    }
}

extension KeptFile.Content: Codable {
    public init(from decoder: any Decoder) throws {
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "folder": self = .folder
        case "link": self = .link(to: try stored.value("to"))
        case "bytes": self = .bytes(sha256: try stored.value("sha256"))
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .folder: try encodeCase("folder", to: encoder)
        case .link(let target): try encodeCase("link", ["to": target], to: encoder)
        case .bytes(let digest): try encodeCase("bytes", ["sha256": digest], to: encoder)
        }
    }
}

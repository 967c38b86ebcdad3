import Formats

// Stored format of the parts of an environment that plans contain.

extension Dataset: Codable {
    private enum CodingKeys: String, CodingKey { case path, version }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self =
            values.contains(.path)
            ? .path(try values.decodeUnlabelled(String.self, forKey: .path))
            : .version(try values.decodeUnlabelled(String.self, forKey: .version))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .path(let path): try values.encode(path, forKey: .path)
        case .version(let version): try values.encode(version, forKey: .version)
        }
    }
}

/// `"embedded"`, or the server's address. Format 1: `{"embedded": {}}`, `{"url": {"_0": "…"}}`.
extension RegistrySettings.Server: Codable {
    private enum CodingKeys: String, CodingKey { case embedded, url }

    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self = text == "embedded" ? .embedded : .url(text)
            return
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self = values.contains(.embedded) ? .embedded : .url(try values.decodeUnlabelled(String.self, forKey: .url))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .embedded: try container.encode("embedded")
        case .url(let url): try container.encode(url)
        }
    }
}

extension RegistrySettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case server, model, models, candidate, incumbent, stage, smoke, rollsBackOnFailedHealth
        /// The name in format 1.
        case rollsBackWhenIll
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String? { try values.decodeIfPresent(String.self, forKey: key) }
        self.init(
            server: try values.decode(Server.self, forKey: .server), model: try text(.model),
            models: try values.decodeIfPresent([String].self, forKey: .models), candidate: try text(.candidate),
            incumbent: try text(.incumbent), stage: try text(.stage), smoke: try text(.smoke),
            rollsBackOnFailedHealth: try values.decodeIfPresent(Bool.self, forKey: .rollsBackOnFailedHealth)
                ?? values.decodeIfPresent(Bool.self, forKey: .rollsBackWhenIll))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(server, forKey: .server)
        try values.encodeIfPresent(model, forKey: .model)
        try values.encodeIfPresent(models, forKey: .models)
        try values.encodeIfPresent(candidate, forKey: .candidate)
        try values.encodeIfPresent(incumbent, forKey: .incumbent)
        try values.encodeIfPresent(stage, forKey: .stage)
        try values.encodeIfPresent(smoke, forKey: .smoke)
        try values.encodeIfPresent(rollsBackOnFailedHealth, forKey: .rollsBackOnFailedHealth)
    }
}

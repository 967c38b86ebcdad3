import Events
import Formats
import Foundation
import Projects

/// Stored with each run for as long as the run exists. Renaming a property must not change a key.
extension Plan: Codable {
    private enum CodingKeys: String, CodingKey {
        case project, pipeline, environment, branch, commit, tree, trigger, configuration, configurationDigest, settings
        case concurrency, timeout, priority, trust, steps, notes
    }

    public init(from decoder: any Decoder) throws {
        try StoredFormat.check(decoder)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        project = try values.decode(String.self, forKey: .project)
        pipeline = try values.decode(String.self, forKey: .pipeline)
        environment = try values.decode(String.self, forKey: .environment)
        branch = try values.decode(String.self, forKey: .branch)
        commit = try values.decode(ObjectID.self, forKey: .commit)
        tree = try values.decode(ObjectID.self, forKey: .tree)
        trigger = try values.decode(Trigger.self, forKey: .trigger)
        configuration = try values.decode(String.self, forKey: .configuration)
        configurationDigest = try values.decode(String.self, forKey: .configurationDigest)
        settings = try values.decode(RunSettings.self, forKey: .settings)
        concurrency = try values.decode(Concurrency.self, forKey: .concurrency)
        timeout = try values.decodeIfPresent(Int64.self, forKey: .timeout)
        priority = try values.decodeIfPresent(Int.self, forKey: .priority)
        trust = try values.decodeIfPresent(Trust.self, forKey: .trust)
        steps = try values.decode([PlannedStep].self, forKey: .steps)
        notes = try values.decode([String].self, forKey: .notes)
    }

    public func encode(to encoder: any Encoder) throws {
        try StoredFormat.mark(encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(project, forKey: .project)
        try values.encode(pipeline, forKey: .pipeline)
        try values.encode(environment, forKey: .environment)
        try values.encode(branch, forKey: .branch)
        try values.encode(commit, forKey: .commit)
        try values.encode(tree, forKey: .tree)
        try values.encode(trigger, forKey: .trigger)
        try values.encode(configuration, forKey: .configuration)
        try values.encode(configurationDigest, forKey: .configurationDigest)
        try values.encode(settings, forKey: .settings)
        try values.encode(concurrency, forKey: .concurrency)
        try values.encodeIfPresent(timeout, forKey: .timeout)
        try values.encodeIfPresent(priority, forKey: .priority)
        try values.encodeIfPresent(trust, forKey: .trust)
        try values.encode(steps, forKey: .steps)
        try values.encode(notes, forKey: .notes)
    }
}

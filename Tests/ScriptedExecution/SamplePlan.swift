import Events
import Foundation
import Plans
import Projects

/// A step of a sample plan.
package struct SampleStep {
    package var name: String
    package var needs: [String] = []
    package var command = "true"
    /// JSON of the action, if it is not a command.
    package var action: String?
    package var outputs: [String] = []
    package var monitor: String?
    package var tests: String?
    package var env: [String: String] = [:]
    /// Seconds.
    package var timeout = 60
    package var retries = 1
    /// A name among the executors, where it is not the default.
    package var executor: String?
    /// Its key, where it may be reused.
    package var key: String?

    package init(_ name: String, needs: [String] = []) {
        self.name = name
        self.needs = needs
    }

    fileprivate func json() throws -> [String: Any] {
        var body: [String: Any] = [
            "name": name, "needs": needs, "inputs": [], "data": [], "outputs": outputs, "env": env,
            "compute": ["timeout": timeout], "retriesWhenLost": retries,
        ]
        body["action"] =
            try action.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
            ?? ["kind": "run", "command": command]
        if let executor { body["compute"] = ["timeout": timeout, "executor": executor] }
        body["monitor"] = monitor
        body["tests"] = tests
        if let key { body["reuse"] = ["byKey": ["digest": key, "parts": [:]]] }
        return body
    }
}

/// A plan as the store would read it.
package struct SamplePlan {
    package var steps: [SampleStep]
    package var project = "clinic"
    package var pipeline = "p"
    package var branch = "main"
    package var trigger = Trigger.push
    package var supersede = Concurrency.Supersede.none
    package var sandbox = "off"
    package var timeout: Int?
    package var quarantine: [QuarantinedTest]?
    /// JSON of `notify:`.
    package var channels = "[]"

    package init(_ steps: SampleStep...) { self.steps = steps }

    package static let commit = ObjectID(String(repeating: "c", count: 40))!

    package func plan() throws -> Plan {
        var settings: [String: Any] = [
            "env": [:], "registry": ["server": try json(RegistrySettings.Server.embedded)], "sandbox": sandbox,
            "notify": try JSONSerialization.jsonObject(with: Data(channels.utf8)),
        ]
        settings["quarantine"] = try quarantine.map(json)
        var body: [String: Any] = [
            "format": 2, "project": project, "pipeline": pipeline, "environment": "dev", "branch": branch,
            "commit": Self.commit.description, "tree": Self.commit.description, "trigger": try json(trigger),
            "configuration": "{}", "configurationDigest": "d", "settings": settings,
            "concurrency": try json(Concurrency(group: nil, supersede: supersede)), "notes": [],
            "trust": Trust.protected.rawValue, "steps": try steps.map { try $0.json() },
        ]
        body["timeout"] = timeout
        return try JSONDecoder().decode(Plan.self, from: JSONSerialization.data(withJSONObject: body))
    }

    private func json(_ value: some Encodable) throws -> Any {
        try JSONSerialization.jsonObject(with: JSONEncoder().encode(value), options: .fragmentsAllowed)
    }
}

import Events
import Foundation
import Plans
import Projects
import Runs

let commit = ObjectID(String(repeating: "c", count: 40))!

/// A plan of steps `name: needs`, made from JSON as the store would.
func samplePlan(
    _ steps: [(String, [String])], pipeline: String = "p", branch: String = "b", group: String? = nil,
    supersede: Concurrency.Supersede = .none, trigger: Trigger = .push, retries: Int = 1, project: String = "clinic",
    priority: Int = 0
) throws -> Plan {
    let concurrency = Concurrency(group: group, supersede: supersede)
    func json(_ value: some Encodable) throws -> Any {
        try JSONSerialization.jsonObject(with: JSONEncoder().encode(value), options: .fragmentsAllowed)
    }
    let body: [String: Any] = [
        "project": project, "priority": priority, "pipeline": pipeline, "environment": "dev", "branch": branch,
        "commit": commit.description,
        "tree": commit.description, "trigger": try json(trigger), "configuration": "{}", "configurationDigest": "d",
        "settings": ["env": [:], "registry": ["server": try json(RegistrySettings.Server.embedded)], "sandbox": "off"],
        "concurrency": try json(concurrency), "notes": [],
        "steps": try steps.map { name, needs in
            [
                "name": name, "needs": needs, "action": try json(Action.run(command: "true")), "inputs": [], "data": [],
                "outputs": [], "env": [:], "compute": ["timeout": 10], "retriesWhenLost": retries,
            ]
        },
    ]
    return try JSONDecoder().decode(Plan.self, from: JSONSerialization.data(withJSONObject: body))
}

let everyOutcome: [Outcome] = [
    .passed, .failed(exitCode: 1), .killed(signal: 9), .timedOut(seconds: 1), .outOfMemory, .lost(reason: "x"),
    .refused(reason: "x"), .cancelled, .superseded(by: 2), .skipped(reason: "x"), .reused(run: 1),
]

let everyFact: [StepFact] =
    everyOutcome.map(StepFact.ended) + [
        .started(attempt: 1, incumbent: nil), .started(attempt: 2, incumbent: "3"), .waiting(reason: "x"),
        .reported(values: ["a": "b"], outputs: [:]), .stopping(.cancelled), .stopping(.superseded(by: 3)), .retried,
    ]

/// The facts of a step that started and ended.
func ended(_ step: String, _ outcome: Outcome) -> [Recorded] {
    let now = Date(timeIntervalSince1970: 1)
    return [
        Recorded(step: step, fact: .started(attempt: 1, incumbent: nil), at: now),
        Recorded(step: step, fact: .ended(outcome), at: now),
    ]
}

/// SplitMix64: the same numbers for the same seed.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import Cron
import Foundation

extension Pipeline {
    /// Read one pipeline's file. Throws all that is wrong with it.
    public static func read(name: String, _ file: Node) throws(Problems) -> Pipeline {
        let misshapen = PipelineFile.shape.problems(in: file)
        guard misshapen.isEmpty else { throw Problems(misshapen) }
        var problems: [Problem] = []
        let triggers = Triggers(file["on"], &problems)
        let steps = (file["steps"]?.entries ?? []).compactMap { Step($0, &problems) }
        if steps.isEmpty, problems.isEmpty {
            problems.append(
                Problem("a pipeline needs at least one step", at: file["steps"]?.mark ?? file.mark, key: "steps"))
        }
        problems += steps.flatMap { step in
            step.action.kind.problems(in: step, of: steps, at: file["steps"]?[step.name]?.mark)
        }
        let ordered = order(steps, marks: file["steps"], &problems)
        guard problems.isEmpty else { throw Problems(problems) }
        let concurrency = Concurrency(
            group: file["concurrency"]?["group"]?.text,
            supersede: file["concurrency"]?["supersede"]?.text.flatMap(Concurrency.Supersede.init) ?? .none)
        return Pipeline(
            name: name, triggers: triggers, concurrency: concurrency, model: file["model"]?.text,
            config: file["config"],
            timeout: file["timeout"]?.seconds, steps: ordered,
            mark: file.mark)
    }
}

extension Triggers {
    init(_ node: Node?, _ problems: inout [Problem]) {
        push = node?["push"].map { push in
            Push(
                environments: push["environment"]?.texts ?? [], branches: push["branches"]?.globs ?? [],
                paths: push["paths"]?.globs ?? [])
        }
        change = node?["change"].map { change in
            Change(
                targets: change["target"]?.globs ?? [], environment: change["environment"]?.text ?? "",
                paths: change["paths"]?.globs ?? [])
        }
        schedule = node?["schedule"].flatMap { ScheduleRule($0, &problems) }
        drift = node?["drift"].map(DriftRule.init)
        if !["push", "change", "schedule", "drift"].contains(where: { node?[$0] != nil }) {
            problems.append(
                Problem(
                    "nothing starts this pipeline", at: node?.mark, key: "on",
                    hint: "give one of push, change, schedule, drift"))
        }
    }
}

extension DriftRule {
    init(_ node: Node) {
        environment = node["environment"]?.text ?? ""
        of = node["of"]?.texts ?? []
        cooldown = node["cooldown"]?.seconds ?? 7 * 86_400
        atMost = node["at_most"]?.integer ?? 4
        window = node["window"]?.seconds ?? 30 * 86_400
    }
}

extension ScheduleRule {
    init?(_ node: Node, _ problems: inout [Problem]) {
        timezone = node["timezone"]?.text ?? "UTC"
        environment = node["environment"]?.text ?? ""
        misfire = node["misfire"]?.text.flatMap(Misfire.init) ?? .runOnce
        overlap = node["overlap"]?.text.flatMap(Overlap.init) ?? .queue
        dst = node["dst"]?.text.flatMap(DaylightSaving.init) ?? .wallOnce
        after = node["after"]?.texts
        jitter = node["jitter"]?.seconds
        catchUp = node["catch_up"]?.integer
        start = node["start"]?.moment(key: "on.schedule.start", &problems)
        end = node["end"]?.moment(key: "on.schedule.end", &problems)
        if let start, let end, end < start {
            problems.append(
                Problem("the schedule ends before it starts", at: node["end"]?.mark, key: "on.schedule.end"))
        }
        if Zone(named: timezone) == nil {
            problems.append(
                Problem(
                    "'\(timezone)' is no time zone", at: node["timezone"]?.mark ?? node.mark,
                    key: "on.schedule.timezone",
                    hint: nearest(to: timezone, among: Zone.names)
                        .map { "did you mean '\($0)'?" } ?? "use an IANA name such as Europe/Berlin"))
        }
        do {
            cron = try CronExpression(node["cron"]?.text ?? "")
        } catch {
            problems.append(Problem("\(error)", at: node["cron"]?.mark ?? node.mark, key: "on.schedule.cron"))
            return nil
        }
    }
}

extension Step {
    init?(_ entry: Node.Entry, _ problems: inout [Problem]) {
        let node = entry.value
        let key = "steps.\(entry.key)"
        if entry.key.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_-]{0,62}/) == nil {
            problems.append(
                Problem(
                    "'\(entry.key)' cannot name a step", at: entry.mark, key: key,
                    hint: "letters, digits, - and _, at most 63"))
        }
        name = entry.key
        needs = node["needs"]?.texts ?? []
        data = node["data"]?.texts ?? []
        config = node["config"]?.texts
        tests = node["tests"]?.text
        monitor = node["monitor"]?.text
        compute = node["compute"]?.text
        env = (node["env"]?.entries ?? []).reduce(into: [:]) { $0[$1.key] = $1.value.text ?? "" }
        timeout = node["timeout"]?.seconds
        retriesWhenLost = node["retry"]?["lost"]?.integer ?? 1
        guard let action = Action(node, at: entry.mark, key: key, &problems) else { return nil }
        self.action = action
        inputs = node["inputs"]?.globs ?? action.kind.defaultInputs
        outputs = action.kind.ownOutputs + (node["outputs"]?.texts ?? [])
        for (report, name, suffix) in [("tests", tests, "xml"), ("monitor", monitor, "json")] {
            guard let name, !outputs.contains(name) else { continue }
            problems.append(
                Problem(
                    "'\(name)' is no output of the step", at: node[report]?.mark ?? entry.mark, key: "\(key).\(report)",
                    hint: "declare it: outputs: [\(name)], and write $ESPALIER_OUTPUTS/\(name).\(suffix)"))
        }
    }
}

extension Reference {
    init?(_ node: Node, key: String, _ problems: inout [Problem]) {
        guard let text = node.text, let reference = Reference(text) else {
            problems.append(
                Problem(
                    "'\(node.text ?? "")' names no output", at: node.mark, key: key,
                    hint: "write ${steps.STEP.outputs.OUTPUT}"))
            return nil
        }
        self = reference
    }
}

extension Node {
    var texts: [String] { items.compactMap(\.text) }

    /// Of a duration.
    var seconds: Int64? { text.flatMap(Duration.init(written:))?.components.seconds }

    /// Of a moment written as RFC 3339.
    func moment(key: String, _ problems: inout [Problem]) -> Date? {
        if let text, let date = try? Date(text, strategy: .iso8601) { return date }
        problems.append(
            Problem("'\(text ?? "")' is no moment", at: mark, key: key, hint: "write it like 2026-01-31T08:00:00Z"))
        return nil
    }
    var globs: [Glob] { texts.map(Glob.init) }
}

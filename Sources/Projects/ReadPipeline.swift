import Foundation

extension Pipeline {
    /// Reads one pipeline's file. Throws everything that is wrong with it.
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
            step.action.body.problems(in: step, of: steps, at: file["steps"]?[step.name]?.mark)
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
        isIsolated = node["isolated"]?.flag ?? false
        if isIsolated, !data.isEmpty {
            problems.append(
                Problem(
                    "an isolated step has no data", at: node["isolated"]?.mark ?? entry.mark, key: "\(key).isolated",
                    hint: "leave out `data:` or `isolated:`"))
        }
        guard let action = Action(node, at: entry.mark, key: key, &problems) else { return nil }
        self.action = action
        inputs = node["inputs"]?.globs ?? action.body.defaultInputs
        outputs = action.body.ownOutputs + (node["outputs"]?.texts ?? [])
        for (report, name, suffix) in [("tests", tests, "xml"), ("monitor", monitor, "json")] {
            guard let name, !outputs.contains(name) else { continue }
            problems.append(
                Problem(
                    "'\(name)' is not an output of the step", at: node[report]?.mark ?? entry.mark,
                    key: "\(key).\(report)",
                    hint: "declare it: outputs: [\(name)], and write $ESPALIER_OUTPUTS/\(name).\(suffix)"))
        }
    }
}

extension Reference {
    init?(_ node: Node, key: String, _ problems: inout [Problem]) {
        guard let text = node.text, let reference = Reference(text) else {
            problems.append(
                Problem(
                    "'\(node.text ?? "")' is not a reference to an output", at: node.mark, key: key,
                    hint: "write ${steps.STEP.outputs.OUTPUT}"))
            return nil
        }
        self = reference
    }
}

extension Node {
    var texts: [String] { items.compactMap(\.text) }

    /// The seconds of a duration.
    var seconds: Int64? { text.flatMap(Duration.init(written:))?.components.seconds }

    /// A moment written as RFC 3339.
    func moment(key: String, _ problems: inout [Problem]) -> Date? {
        if let text, let date = try? Date(text, strategy: .iso8601) { return date }
        problems.append(
            Problem("'\(text ?? "")' is not a time", at: mark, key: key, hint: "write it like 2026-01-31T08:00:00Z"))
        return nil
    }
    var globs: [Glob] { texts.map(Glob.init) }
}

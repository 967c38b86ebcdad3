import Foundation
import Reports

/// What a run's template shows.
struct RunPage {
    struct Step {
        let name: String
        let href: String
        let state: StateMark
        let detail: String?
        let needs: [String]
        /// Said only from the second on.
        let attempts: Int?
        let startedAt: TimeMark?
        let took: String?
        let values: [Pair]
        let isSelected: Bool
    }

    /// The end of the selected step's log.
    struct Log {
        let step: String
        /// Escaped HTML.
        let html: String
        let isEmpty: Bool
        let isCut: Bool
        let wholeHref: String
        /// Where live lines come from, while there may be some.
        let followHref: String?
    }

    let run: RunView
    let createdAt: TimeMark
    let startedAt: TimeMark?
    let endedAt: TimeMark?
    let tree: HashMark
    let trigger: String
    let logicalTime: TimeMark?
    let model: String?
    let configuration: String
    let configurationDigest: HashMark
    let datasets: [Pair]
    let notes: [String]
    let graph: StepGraph?
    let steps: [Step]
    let monitors: [MonitorView]
    let infrastructure: [InfrastructureReport]
    let log: Log?

    init(_ detail: RunDetail, selected: String?, log: Log?, now: Date) {
        let id = detail.run.id
        run = RunView(detail.run, now: now)
        createdAt = TimeMark(detail.run.createdAt, now: now)
        startedAt = detail.run.startedAt.map { TimeMark($0, now: now) }
        endedAt = detail.run.endedAt.map { TimeMark($0, now: now) }
        tree = HashMark(detail.tree)
        trigger = detail.trigger
        logicalTime = detail.logicalTime.map { TimeMark($0, now: now) }
        model = detail.model
        configuration = detail.configuration
        configurationDigest = HashMark(detail.configurationDigest)
        datasets = Pair.sorted(detail.datasets)
        notes = detail.notes
        graph = detail.steps.isEmpty ? nil : StepGraph(detail.steps, run: id, selected: selected)
        steps = detail.steps.map { Step($0, run: id, isSelected: $0.name == selected, now: now) }
        monitors = detail.monitors.map(MonitorView.init)
        infrastructure = detail.infrastructure
        self.log = log
    }

    /// The step whose log is shown when none is asked for: what failed, else what runs, else what ended last.
    static func stepToShow(_ steps: [StepReport]) -> String? {
        let isBad: (StepReport) -> Bool = { StateMark($0.state).tone == "bad" }
        let step =
            steps.first(where: isBad) ?? steps.first { $0.state == "running" } ?? steps.first { $0.state == "waiting" }
            ?? steps.filter { $0.startedAt != nil && $0.endedAt != nil }
            .max { ($0.endedAt ?? .distantPast) < ($1.endedAt ?? .distantPast) }
            ?? steps.last
        return step?.name
    }
}

extension RunPage.Step {
    init(_ step: StepReport, run: Int64, isSelected: Bool, now: Date) {
        name = step.name
        href = "/runs/\(run)?step=\(encoded(step.name))#log"
        state = StateMark(step.state)
        detail = step.detail.isEmpty ? nil : step.detail
        needs = step.needs
        attempts = step.attempts > 1 ? step.attempts : nil
        startedAt = step.startedAt.map { TimeMark($0, now: now) }
        took =
            step.seconds.map(duration)
            ?? (step.state == "running" ? step.startedAt.map { duration(now.timeIntervalSince($0)) } : nil)
        values = Pair.sorted(step.values)
        self.isSelected = isSelected
    }
}

extension RunPage.Log {
    init(_ part: LogPart, isCut: Bool, run: Int64, step: String) {
        self.step = step
        html = LogText(part.bytes).html
        isEmpty = part.bytes.isEmpty
        self.isCut = isCut
        wholeHref = "/runs/\(run)/steps/\(encoded(step))/log"
        followHref =
            part.isOver ? nil : "/api/runs/\(run)/steps/\(encoded(step))/follow?as=html&offset=\(part.nextOffset)"
    }
}

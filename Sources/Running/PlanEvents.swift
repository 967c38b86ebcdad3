import Events
import Foundation
import Home
import Logging
import Notices
import Plans
import Projects
import Runs
import Store

/// Turns open events into runs.
extension Engine {
    /// The maximum number of events stored with one flush of the disk.
    private static let largestBatch = 64
    /// How long the turn waits for plans. A slower project, for example one with a huge dataset to version, continues in the
    /// background and holds up no other.
    private static let patience = Duration.milliseconds(250)

    /// Plans the events of each project in order. A project that is slow or cannot be read does not hold up the others.
    ///
    /// - Parameter events: open ones, oldest first. Proposals are left to the gate.
    package func plan(_ events: [StoredEvent]) async {
        var mine: [Int64: [StoredEvent]] = [:]
        for event in events where projects[event.project] != nil && !planning.contains(event.project) {
            if event.event.as(Proposal.self) != nil { continue }
            mine[event.project, default: []].append(event)
        }
        guard !mine.isEmpty else { return }
        let done = Countdown(mine.count)
        for (id, events) in mine {
            guard let project = projects[id] else { continue }
            planning.insert(id)
            jobs.start { [self] in
                await plan(events, of: project)
                if await done.count() { bells.turn.ring() }
            }
        }
        await done.wait(atMost: Self.patience)
    }

    /// Plans a project's events. An event that cannot be planned is retried, and holds up the ones behind it.
    private func plan(_ events: [StoredEvent], of project: StoredProject) async {
        defer { planning.remove(project.id) }
        var rest = events[...]
        while let first = rest.first {
            do {
                // An event that depends on what earlier events started is planned after those are stored.
                let isAlone = first.event.body.dependsOnEarlierEvents
                let batch =
                    isAlone
                    ? rest.prefix(1) : rest.prefix(Self.largestBatch).prefix { !$0.event.body.dependsOnEarlierEvents }
                let starts = isAlone ? try await driftStarts(before: first, of: project) : DriftStarts()
                let planned = try await planner.plannings(for: Array(batch), of: project, driftStarts: starts)
                try await begin(planned.events)
                rest = rest.dropFirst(planned.events.count)
                if let failure = planned.failure { throw failure }
                troubles.clear(.planning, of: project.name)
            } catch {
                if Task.isCancelled { return }
                let id = rest.first?.id ?? 0
                logger.error("\(project.name): event \(id) cannot be planned yet, and is tried again: \(error)")
                if let first = rest.first {
                    troubles.raise(
                        .planning, of: project.name,
                        what:
                            "event \(id) (\(first.event.body.subject)) cannot be planned, and holds up those behind it: \(error)",
                        remedy: "mend what it says; the event is tried again every second")
                }
                return alarm.set(in: 1)
            }
        }
    }

    /// Stores the runs of events and starts driving them. Events that cannot be stored together are stored one by one.
    private func begin(_ planned: [PlannedEvent]) async throws {
        guard !planned.isEmpty else { return }
        do {
            let runs = try await store.handle(planned, at: Date())
            for run in runs {
                Failpoint.reach(.eventPlanned)
                logger.info(
                    "run \(run.id): \(run.plan.pipeline) in \(run.plan.environment) at \(run.plan.commit.short)")
                live[run.id] = Live(run: run, progress: run.progress)
                haveNews.insert(run.id)
            }
            for run in runs { await supersede(by: run) }
        } catch {
            guard planned.count > 1 else { throw error }
            for entry in planned { try await begin([entry]) }
            return
        }
        handled(planned.map(\.event))
    }

    /// Resumes the callers waiting for these events, which were handled here or elsewhere.
    package func handled(_ events: [StoredEvent]) {
        for event in events { waiting.removeValue(forKey: event.id)?.forEach { $0.resume() } }
        recentlyPlanned = (recentlyPlanned + events.map(\.id)).suffix(1_024)
    }

    /// Waits until these events have been planned, or are left to the next daemon.
    package func planned(_ events: [StoredEvent]) async {
        for event in events {
            if (try? await store.planning(ofEvent: event.id)) ?? nil != nil { continue }
            // An event may have been handled since that read. No suspension separates this check from the wait below.
            if isOver || recentlyPlanned.contains(event.id) { continue }
            await withCheckedContinuation { waiting[event.id, default: []].append($0) }
        }
    }

    /// Recent runs started by drift; empty unless the event is a drift report.
    private func driftStarts(before event: StoredEvent, of project: StoredProject) async throws -> DriftStarts {
        guard let report = event.event.as(DriftReport.self) else { return DriftStarts() }
        // Longer than any configurable window.
        return try await store.driftStarts(
            in: report.environment, project: project.id, since: event.at.addingTimeInterval(-400 * 86_400),
            now: event.at)
    }
}

extension ProjectPlanner {
    /// Plans events in order, on a separate thread because it reads files and a volume may be slow.
    ///
    /// - Returns: the planned events, and the error that stopped the next one.
    fileprivate func plannings(for events: [StoredEvent], of project: StoredProject, driftStarts: DriftStarts)
        async throws -> (events: [PlannedEvent], failure: (any Error)?)
    {
        try await onOwnThread {
            var planned: [PlannedEvent] = []
            for event in events {
                do {
                    let planning = try planning(for: event.event, of: project, driftStarts: driftStarts)
                    planned.append(PlannedEvent(event, planning))
                } catch {
                    return (planned, error)
                }
            }
            return (planned, nil)
        }
    }
}

/// Waits for several tasks, up to a time limit.
private actor Countdown {
    private var left: Int
    private var waiter: CheckedContinuation<Void, Never>?
    private var isLate = false

    init(_ count: Int) { left = count }

    /// Counts one task as done.
    ///
    /// - Returns: whether the wait is already over.
    func count() -> Bool {
        left -= 1
        if left == 0 { resume() }
        return isLate
    }

    func wait(atMost patience: Duration) async {
        guard left > 0 else { return }
        let alarm = Task {
            try? await Task.sleep(for: patience)
            if !Task.isCancelled { giveUp() }
        }
        await withCheckedContinuation { waiter = $0 }
        alarm.cancel()
    }

    private func giveUp() {
        guard left > 0 else { return }
        isLate = true
        resume()
    }

    private func resume() {
        waiter?.resume()
        waiter = nil
    }
}

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
    /// The most events that are stored with one flush of the disk.
    private static let largestBatch = 64
    /// How long the turn waits for plans. A project that takes longer, for the version of a huge dataset say, goes on by
    /// itself and holds up no other.
    private static let patience = Duration.milliseconds(250)

    /// Plan events, each project's in their order; other projects go on beside one that is slow or cannot be read.
    ///
    /// - Parameter events: open ones, oldest first. Proposals are the gate's, and left alone.
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

    /// Plan a project's events. One that cannot be planned holds up those behind it, and is tried again.
    private func plan(_ events: [StoredEvent], of project: StoredProject) async {
        defer { planning.remove(project.id) }
        var rest = events[...]
        while let first = rest.first {
            do {
                // What depends on what earlier events have started is planned when those are stored.
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

    /// Store the runs of events, and take them in hand. Events that cannot be stored together are stored one by one.
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

    /// Events were handled, here or elsewhere: whoever waits for that goes on.
    package func handled(_ events: [StoredEvent]) {
        for event in events { waiting.removeValue(forKey: event.id)?.forEach { $0.resume() } }
        recentlyPlanned = (recentlyPlanned + events.map(\.id)).suffix(1_024)
    }

    /// Wait until these events have been planned, or the next daemon is to do that.
    package func planned(_ events: [StoredEvent]) async {
        for event in events {
            if (try? await store.planning(ofEvent: event.id)) ?? nil != nil { continue }
            // Handled between that answer and now, or waited for: nothing comes between these two.
            if isOver || recentlyPlanned.contains(event.id) { continue }
            await withCheckedContinuation { waiting[event.id, default: []].append($0) }
        }
    }

    /// What drift has started lately, where it is drift that asks.
    private func driftStarts(before event: StoredEvent, of project: StoredProject) async throws -> DriftStarts {
        guard let report = event.event.as(DriftReport.self) else { return DriftStarts() }
        // Longer than anybody's window.
        return try await store.driftStarts(
            in: report.environment, project: project.id, since: event.at.addingTimeInterval(-400 * 86_400),
            now: event.at)
    }
}

extension ProjectPlanner {
    /// Plan events one after the other, on a thread of their own: files are read, and a volume may be slow.
    ///
    /// - Returns: those that could be planned, and why the next one could not.
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

/// Waits for several things, but not for ever.
private actor Countdown {
    private var left: Int
    private var waiter: CheckedContinuation<Void, Never>?
    private var isLate = false

    init(_ count: Int) { left = count }

    /// One is done.
    ///
    /// - Returns: whether nobody waits for it any more.
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

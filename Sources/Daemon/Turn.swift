import Gating
import Home
import Logging
import Running
import Store

/// The daemon's turn: plan → start → gate → end, in a loop.
///
/// A ring only says *that* something happened, not what. On each ring the turn reads what is open and does what is
/// possible. So a bell may ring late, twice, or for nothing.
struct Turn {
    let bells: Bells
    let store: Store
    let engine: Engine
    /// Absent for a local run, which merges nothing.
    var gate: Gate?
    let logger: Logger
    /// Whether to return once no run is unended.
    var endsWhenIdle = false

    /// Resumes what an earlier process left, then takes turns until the bell stops.
    func run() async {
        var alarm = Alarm(bells.turn)
        var hasTakenUp = false
        bells.turn.ring()
        for await _ in bells.turn.rings {
            do {
                if !hasTakenUp { try await engine.takeUp() }
                hasTakenUp = true
                try await take(&alarm)
                if endsWhenIdle, await engine.isIdle { bells.stop() }
            } catch {
                logger.error("the daemon could not go on, and tries again: \(error)")
                alarm.set(in: 1)
            }
        }
        alarm.cancel()
        await gate?.close()
        await engine.close()
    }

    private func take(_ alarm: inout Alarm) async throws {
        try await plan()
        try await engine.startReady()
        if let gate { try await merge(gate, &alarm) }
        await engine.endOverdue()
        try await engine.startReady()
        bells.forges.ring()
        bells.notices.ring()
    }

    /// Turns open events into runs and changes.
    private func plan() async throws {
        let events = try await store.unhandledEvents().values
        await engine.plan(events)
        if let gate { await engine.handled(await gate.open(events)) }
    }

    /// Advances changes as far as possible now. Nothing else waits for the rest of the gate's work.
    private func merge(_ gate: Gate, _ alarm: inout Alarm) async throws {
        while true {
            let result = try await gate.advance()
            if case .moved = result { try await plan() }
            await engine.endUnawaited(await gate.awaitedEvents)
            switch result {
            case .moved: try await engine.startReady()
            case .held: return alarm.set(in: 1)
            case .nothingToDo: return
            }
        }
    }
}

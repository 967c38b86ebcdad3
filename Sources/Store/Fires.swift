import Events
import Foundation
import GRDB
import Notices
import Plans
import Projects
import Schedules

/// A stored due moment of a schedule.
public struct StoredFire: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        /// Waits for other schedules to pass.
        case waiting
        case fired
        case skipped(SkipReason)

        public var word: String {
            switch self {
            case .waiting: "waiting"
            case .fired: "fired"
            case .skipped: "skipped"
            }
        }
    }

    public let id: Int64
    public let project: Int64
    public let pipeline: String
    public let logicalTime: Date
    public let storedAt: Date
    public let state: State
    /// How many earlier moments this one covers; see `Moment`.
    public let missed: Int
    /// The champion at the time of the fire: the model and version that its runs use.
    public let pinned: PinnedVersion?
    /// The event that last ran it.
    public let event: Int64?

    init(_ row: Row) throws {
        id = row["id"]
        project = row["project_id"]
        pipeline = row["pipeline"]
        logicalTime = row.date("logical_time")
        storedAt = row.date("stored_at")
        missed = row["missed"]
        event = row["event_id"]
        if let model = row["model"] as String?, let version = row["version"] as String? {
            pinned = PinnedVersion(model: model, version: version)
        } else {
            pinned = nil
        }
        switch row["state"] as String {
        case "waiting": state = .waiting
        case "skipped": state = .skipped(try Stored.value(SkipReason.self, from: row["reason"]))
        default: state = .fired
        }
    }
}

/// A pinned model version.
public struct PinnedVersion: Sendable, Hashable {
    public let model: String
    public let version: String

    public init(model: String, version: String) {
        self.model = model
        self.version = version
    }

    public var uri: String { "models:/\(model)/\(version)" }
}

/// A schedule's decision about the moments that were due.
public struct FireDecision: Sendable {
    public let schedule: StoredSchedule
    public let moments: [Moment]
    public let pinned: PinnedVersion?

    public init(_ schedule: StoredSchedule, _ moments: [Moment], pinned: PinnedVersion?) {
        self.schedule = schedule
        self.moments = moments
        self.pinned = pinned
    }
}

extension StoreReading {
    /// The fires of a pipeline, latest logical time first.
    public func fires(of pipeline: String, project: Int64, limit: Int = 20) async throws -> Readings<StoredFire> {
        try await reader.read { database in
            try Readings(
                of: "fire",
                Row.fetchAll(
                    database,
                    sql: "SELECT * FROM fire WHERE project_id = ? AND pipeline = ? ORDER BY logical_time DESC LIMIT ?",
                    arguments: [project, pipeline, limit]),
                StoredFire.init)
        }
    }

    public func fire(_ id: Int64) async throws -> StoredFire? {
        try await reader.read { try Self.fire(id, $0) }
    }

    fileprivate static func fire(_ id: Int64, _ database: Database) throws -> StoredFire? {
        try Row.fetchOne(database, sql: "SELECT * FROM fire WHERE id = ?", arguments: [id]).map(StoredFire.init)
    }

    public func fire(of pipeline: String, at logicalTime: Date, project: Int64) async throws -> StoredFire? {
        try await reader.read { try Self.fire(of: pipeline, at: logicalTime, project: project, $0) }
    }

    fileprivate static func fire(of pipeline: String, at logicalTime: Date, project: Int64, _ database: Database) throws
        -> StoredFire?
    {
        try Row.fetchOne(
            database, sql: "SELECT * FROM fire WHERE project_id = ? AND pipeline = ? AND logical_time = ?",
            arguments: [project, pipeline, logicalTime.timeIntervalSince1970]
        ).map(StoredFire.init)
    }

    /// The version that a run is pinned to by its logical time; `nil` for other runs.
    public func pinned(for trigger: Trigger) async throws -> PinnedVersion? {
        // Every starting step asks; most need no query.
        guard trigger.fire != nil else { return nil }
        return try await reader.read { try Self.pinned(for: trigger, $0) }
    }

    static func pinned(for trigger: Trigger, _ database: Database) throws -> PinnedVersion? {
        guard let trigger = trigger.fire, let pinned = try fire(trigger.id, database)?.pinned else { return nil }
        return trigger.backfill?.version.map { PinnedVersion(model: pinned.model, version: $0) } ?? pinned
    }
}

// MARK: Deciding

extension StoreReading {
    /// The earliest moment that fired and has not ended, ignoring backfills.
    public func unendedFire(of pipeline: String, project: Int64) async throws -> UnendedFire? {
        try await reader.read { database in
            let run = try Int64.fetchOne(
                database,
                sql: """
                    SELECT run.id FROM run JOIN event ON event.id = event_id
                    WHERE outcome IS NULL AND run.project_id = ? AND pipeline = ?
                    AND fire_id IS NOT NULL AND backfill_id IS NULL ORDER BY run.id LIMIT 1
                    """, arguments: [project, pipeline])
            if let run { return UnendedFire(run: run) }
            let isWaiting = try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM event WHERE handled_at IS NULL AND project_id = ? AND schedule = ?
                    AND backfill_id IS NULL)
                    """, arguments: [project, pipeline])
            return isWaiting == true ? UnendedFire(run: nil) : nil
        }
    }
}

extension Store {
    /// Stores fires, the events that run them, and how far each schedule has decided, in one transaction. Skips moments
    /// that are already stored and schedules that are no longer live.
    ///
    /// - Returns: how many events were stored.
    public func decide(_ decisions: [FireDecision], now: Date) async throws -> Int {
        try await pool.write { database in
            var events = 0
            for decision in decisions {
                guard let last = decision.moments.last,
                    try Self.advance(decision.schedule, through: last.logicalTime, database)
                else { continue }
                for moment in decision.moments {
                    let waits = moment.skipped == nil && !decision.schedule.rule.dependencies.isEmpty
                    guard
                        let fire = try Self.insert(
                            moment, of: decision.schedule, waits: waits, pinned: waits ? nil : decision.pinned, now,
                            database)
                    else { continue }
                    if let missed = decision.schedule.missed(moment, now: now) {
                        try Self.tell(missed, project: decision.schedule.project, at: now, database)
                    }
                    guard moment.skipped == nil, !waits else { continue }
                    _ = try Self.start(fire, decision.schedule, at: moment.logicalTime, nil, now, database)
                    events += 1
                }
            }
            return events
        }
    }

    /// - Returns: the fire's number; `nil` if it was already stored.
    static func insert(
        _ moment: Moment, of schedule: StoredSchedule, waits: Bool, pinned: PinnedVersion?, _ now: Date,
        _ database: Database
    ) throws -> Int64? {
        let state = moment.skipped != nil ? "skipped" : waits ? "waiting" : "fired"
        try database.cachedStatement(
            sql: """
                INSERT INTO fire
                (project_id, pipeline, logical_time, schedule_id, stored_at, model, version, state, reason, missed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """
        ).execute(arguments: [
            schedule.project, schedule.pipeline, moment.logicalTime.timeIntervalSince1970, schedule.id,
            now.timeIntervalSince1970, pinned?.model, pinned?.version, state,
            try moment.skipped.map(Stored.text), moment.missed,
        ])
        return database.changesCount == 1 ? database.lastInsertedRowID : nil
    }

    /// Stores the event that runs a fire.
    private static func start(
        _ fire: Int64, _ schedule: StoredSchedule, at logicalTime: Date, _ backfill: Backfilling?, _ now: Date,
        _ database: Database
    ) throws -> StoredEvent {
        // A repeated fire uses the code that it first fired with. A backfill runs the live code on the past.
        let row =
            try backfill == nil
            ? Row.fetchOne(
                database,
                sql: "SELECT commit_id, branch FROM schedule WHERE id = (SELECT schedule_id FROM fire WHERE id = ?)",
                arguments: [fire]) : nil
        let commit = (row?["commit_id"] as String?).flatMap { ObjectID($0) } ?? schedule.commit
        let request = FireRequest(
            fire: fire, schedule: schedule.pipeline, logicalTime: logicalTime, commit: commit,
            branch: row?["branch"] ?? schedule.branch, backfill: backfill)
        let event = try insert(.fire(request), project: schedule.project, at: now, database)
        try database.cachedStatement(sql: "UPDATE fire SET event_id = ? WHERE id = ?")
            .execute(arguments: [event.id, fire])
        return event
    }

    /// Run a moment on request. A moment that has fired before keeps its pinned version.
    public func fireByHand(_ schedule: StoredSchedule, at logicalTime: Date, pinned: PinnedVersion?, now: Date)
        async throws -> StoredEvent
    {
        try await pool.write {
            try Self.run(schedule, at: logicalTime, pinned: pinned, backfill: nil, now, $0)
        }
    }

    static func run(
        _ schedule: StoredSchedule, at logicalTime: Date, pinned: PinnedVersion?, backfill: Backfilling?, _ now: Date,
        _ database: Database
    ) throws -> StoredEvent {
        var fire = try insert(
            Moment(logicalTime), of: schedule, waits: false, pinned: pinned, now, database)
        if fire == nil {
            let stored = try Self.fire(of: schedule.pipeline, at: logicalTime, project: schedule.project, database)
            fire = stored?.id
            if let stored, stored.state != .fired {
                try release(stored.id, schedule, pinned: pinned, database)
            }
        }
        guard let fire else { throw StoreError.noSchedule(schedule.pipeline, live: []) }
        return try start(fire, schedule, at: logicalTime, backfill, now, database)
    }

    private static func release(_ fire: Int64, _ schedule: StoredSchedule, pinned: PinnedVersion?, _ database: Database)
        throws
    {
        try database.execute(
            sql: """
                UPDATE fire SET state = 'fired', reason = NULL, schedule_id = ?, model = ?, version = ?
                WHERE id = ? AND state != 'fired'
                """, arguments: [schedule.id, pinned?.model, pinned?.version, fire])
    }
}

extension StoredSchedule {
    /// The notice about a moment that was skipped, late, or covers missed ones; `nil` for an ordinary fire.
    fileprivate func missed(_ moment: Moment, now: Date) -> MissedFire? {
        let late = now.timeIntervalSince(moment.logicalTime) - Double(rule.jitter ?? 0)
        let reason: String
        switch moment.skipped {
        case .paused, .retired: return nil
        case .some(let why): reason = "It was skipped: \(why)."
        case nil where moment.missed > 0:
            reason = "It also stands for \(moment.missed) earlier moments, which were missed."
        case nil where late > onTime: reason = "It fired \(Int(late)) s late."
        case nil: return nil
        }
        return MissedFire(
            schedule: pipeline, logicalTime: moment.logicalTime, reason: reason,
            count: moment.missed + (moment.skipped == nil && moment.missed > 0 ? 0 : 1))
    }
}

// MARK: Fires that come after others

extension StoreReading {
    /// Fires that wait for other schedules to pass, oldest first.
    public func waitingFires() async throws -> [StoredFire] {
        try await reader.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM fire WHERE state = 'waiting' ORDER BY logical_time, id")
                .map(StoredFire.init)
        }
    }

    /// The latest run of a fire with its outcome; `nil` until it is planned.
    public func lastRun(of fire: StoredFire) async throws -> RunRow? {
        guard let event = fire.event else { return nil }
        return try await reader.read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT run.*, project.name AS project FROM run JOIN project ON project.id = run.project_id
                    WHERE event_id = ? ORDER BY run.id DESC LIMIT 1
                    """, arguments: [event]
            ).map(RunRow.init)
        }
    }

    /// All runs of a fire, oldest first.
    public func runs(ofFire fire: Int64) async throws -> [Int64] {
        try await reader.read { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT run.id FROM event JOIN run ON event_id = event.id WHERE fire_id = ? ORDER BY run.id
                    """, arguments: [fire])
        }
    }
}

extension Store {
    /// Start a fire whose dependencies have passed, at the commit that is live now.
    ///
    /// - Returns: `nil` when the fire is not waiting.
    public func start(_ fire: StoredFire, _ schedule: StoredSchedule, pinned: PinnedVersion?, now: Date) async throws
        -> StoredEvent?
    {
        try await pool.write { database in
            try Self.release(fire.id, schedule, pinned: pinned, database)
            guard database.changesCount == 1 else { return nil }
            return try Self.start(fire.id, schedule, at: fire.logicalTime, nil, now, database)
        }
    }

    public func skip(_ fire: StoredFire, because reason: SkipReason, at time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: "UPDATE fire SET state = 'skipped', reason = ? WHERE id = ? AND state = 'waiting'",
                arguments: [try Stored.text(reason), fire.id])
            guard database.changesCount == 1, case .dependency = reason else { return }
            let missed = MissedFire(
                schedule: fire.pipeline, logicalTime: fire.logicalTime, reason: reason.description, count: 1)
            try Self.tell(missed, project: fire.project, at: time, database)
        }
    }
}

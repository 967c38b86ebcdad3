import GRDB

/// The tables of the file differ from those of this program.
enum SchemaMismatch: Error {
    case older, newer
}

/// The tables. Migrations are append-only.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: the walking skeleton") { database in
            for statement in watching + running + gating + promoting + scheduling {
                try database.execute(sql: statement)
            }
        }
        migrator.registerMigration("2: results that are used again") { database in
            for statement in reusing { try database.execute(sql: statement) }
        }
        migrator.registerMigration("3: queues, forges and who did what") { database in
            for statement in queueing { try database.execute(sql: statement) }
        }
        migrator.registerMigration("4: holdouts that are used up, and approvals") { database in
            for statement in spending { try database.execute(sql: statement) }
        }
        migrator.registerMigration("5: fires that wait or are skipped, pauses, backfills") { database in
            for statement in backfilling { try database.execute(sql: statement) }
        }
        migrator.registerMigration("6: notices to people") { database in
            for statement in telling { try database.execute(sql: statement) }
        }
        migrator.registerMigration("7: plans for infrastructure") { database in
            for statement in providing { try database.execute(sql: statement) }
        }
        migrator.registerMigration("8: columns for what queries ask of JSON") { database in
            for statement in asking { try database.execute(sql: statement) }
            try FillColumns.fill(database)
        }
        migrator.registerMigration("9: troubles") { database in
            for statement in warning { try database.execute(sql: statement) }
        }
        return migrator
    }

    /// - Throws: `SchemaMismatch` unless the file has exactly the tables of this version.
    static func check(_ database: Database) throws {
        if try migrator.hasBeenSuperseded(database) { throw SchemaMismatch.newer }
        if try !migrator.hasCompletedMigrations(database) { throw SchemaMismatch.older }
    }

    private static let warning = [
        // Current troubles. `project` is empty for the whole daemon, `part` for all of the project.
        """
        CREATE TABLE trouble (
            kind TEXT NOT NULL,
            project TEXT NOT NULL,
            part TEXT NOT NULL,
            since REAL NOT NULL,
            what TEXT NOT NULL,
            remedy TEXT NOT NULL,
            told_at REAL,
            PRIMARY KEY (kind, project, part)
        ) STRICT, WITHOUT ROWID
        """
    ]

    private static let watching = [
        """
        CREATE TABLE project (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            repository TEXT NOT NULL UNIQUE,
            url TEXT,
            adopted_at REAL NOT NULL
        ) STRICT
        """,
        // The refs as of the last look, which every new look is compared with.
        """
        CREATE TABLE ref (
            project_id INTEGER NOT NULL REFERENCES project(id),
            name TEXT NOT NULL,
            commit_id TEXT NOT NULL,
            PRIMARY KEY (project_id, name)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE event (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            kind TEXT NOT NULL,
            event TEXT NOT NULL,
            at REAL NOT NULL,
            handled_at REAL,
            planning TEXT
        ) STRICT
        """,
        "CREATE INDEX event_unhandled ON event(id) WHERE handled_at IS NULL",
        "CREATE INDEX event_by_time ON event(project_id, at)",
    ]

    private static let running = [
        """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            event_id INTEGER NOT NULL REFERENCES event(id),
            pipeline TEXT NOT NULL,
            environment TEXT NOT NULL,
            branch TEXT NOT NULL,
            commit_id TEXT NOT NULL,
            plan TEXT NOT NULL,
            created_at REAL NOT NULL,
            started_at REAL,
            ended_at REAL,
            outcome TEXT,
            UNIQUE (event_id, pipeline)
        ) STRICT
        """,
        "CREATE INDEX run_unended ON run(id) WHERE outcome IS NULL",
        "CREATE INDEX run_by_branch ON run(project_id, branch, pipeline, id)",
        """
        CREATE TABLE step_fact (
            id INTEGER PRIMARY KEY,
            run_id INTEGER NOT NULL REFERENCES run(id),
            step TEXT NOT NULL,
            fact TEXT NOT NULL,
            at REAL NOT NULL
        ) STRICT
        """,
        "CREATE INDEX step_fact_of_run ON step_fact(run_id, id)",
    ]

    private static let reusing = [
        // The run's plan says what a key stands for. Trust and tree decide who may use the result.
        """
        CREATE TABLE result (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            key TEXT NOT NULL,
            trust INTEGER NOT NULL,
            tree TEXT NOT NULL,
            run_id INTEGER NOT NULL REFERENCES run(id),
            step TEXT NOT NULL,
            body TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            used_at REAL NOT NULL
        ) STRICT
        """,
        // The schedule's moments are due from this time. A rule that a new release keeps continues where the old schedule stopped.
        "ALTER TABLE schedule ADD COLUMN due_since REAL",
        "CREATE INDEX result_by_key ON result(project_id, key)",
        "CREATE INDEX result_by_use ON result(used_at)",
        "CREATE INDEX run_by_end ON run(ended_at)",
        "CREATE INDEX run_by_environment ON run(project_id, environment, id)",
    ]

    private static let gating = [
        """
        CREATE TABLE change (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            key TEXT NOT NULL,
            target TEXT NOT NULL,
            open INTEGER NOT NULL DEFAULT 1
        ) STRICT
        """,
        "CREATE UNIQUE INDEX change_open ON change(project_id, target, key) WHERE open = 1",
        """
        CREATE TABLE change_fact (
            id INTEGER PRIMARY KEY,
            change_id INTEGER NOT NULL REFERENCES change(id),
            fact TEXT NOT NULL,
            at REAL NOT NULL
        ) STRICT
        """,
        "CREATE INDEX change_fact_of_change ON change_fact(change_id, id)",
    ]

    private static let queueing = [
        "CREATE INDEX change_by_key ON change(project_id, target, key)",
        // How many builds of a queue are tested at once. It grows when builds pass and shrinks when they fail.
        """
        CREATE TABLE queue_window (
            project_id INTEGER NOT NULL REFERENCES project(id),
            target TEXT NOT NULL,
            size INTEGER NOT NULL,
            PRIMARY KEY (project_id, target)
        ) STRICT, WITHOUT ROWID
        """,
        // Actions of people that override the rules. Append-only.
        """
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            who TEXT NOT NULL,
            deed TEXT NOT NULL,
            at REAL NOT NULL
        ) STRICT
        """,
        "CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'what was done was done'); END",
        "CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'what was done was done'); END",
        "CREATE TABLE forge (project_id INTEGER PRIMARY KEY REFERENCES project(id), settings TEXT NOT NULL) STRICT",
        // What a forge reports about a pull request, other than its commits.
        """
        CREATE TABLE pull (
            project_id INTEGER NOT NULL REFERENCES project(id),
            number INTEGER NOT NULL,
            origin TEXT NOT NULL,
            PRIMARY KEY (project_id, number)
        ) STRICT, WITHOUT ROWID
        """,
        // A webhook is stored before it is handled. A repeated delivery is stored once.
        """
        CREATE TABLE delivery (
            project_id INTEGER NOT NULL REFERENCES project(id),
            id TEXT NOT NULL,
            meaning TEXT NOT NULL,
            at REAL NOT NULL,
            handled_at REAL,
            PRIMARY KEY (project_id, id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX delivery_unhandled ON delivery(project_id) WHERE handled_at IS NULL",
        // Messages to forges: stored together with the fact that they report, sent until they are accepted.
        """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            message TEXT NOT NULL,
            at REAL NOT NULL,
            next_at REAL NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            trouble TEXT,
            done_at REAL
        ) STRICT
        """,
        "CREATE INDEX outbox_open ON outbox(next_at) WHERE done_at IS NULL",
    ]

    private static let promoting = [
        // Append-only and hash-chained: the hash of a row covers the previous row's hash.
        """
        CREATE TABLE decision (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            run_id INTEGER NOT NULL REFERENCES run(id),
            step TEXT NOT NULL,
            body TEXT NOT NULL,
            decided_at REAL NOT NULL,
            previous_hash TEXT NOT NULL,
            hash TEXT NOT NULL,
            UNIQUE (run_id, step)
        ) STRICT
        """,
        "CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'a decision is final'); END",
        "CREATE TRIGGER decision_stays BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'a decision stays'); END",
        // Aliases live outside: the intent is stored first, and the confirmation after the alias was read back.
        """
        CREATE TABLE alias_move (
            decision_id INTEGER PRIMARY KEY REFERENCES decision(id),
            model TEXT NOT NULL,
            alias TEXT NOT NULL,
            from_version TEXT,
            to_version TEXT NOT NULL,
            intended_at REAL NOT NULL,
            confirmed_at REAL
        ) STRICT
        """,
    ]

    /// Copies of parts of the body for look-ups. The hash covers the body.
    private static let spending = [
        "ALTER TABLE decision ADD COLUMN model TEXT",
        "ALTER TABLE decision ADD COLUMN compared_on TEXT",
        "CREATE INDEX decision_on_holdout ON decision(compared_on) WHERE compared_on IS NOT NULL",
        // An approval is bound to what was decided: the hash covers commit, configuration, rules and evidence.
        """
        CREATE TABLE approval (
            decision_id INTEGER NOT NULL REFERENCES decision(id),
            hash TEXT NOT NULL,
            who TEXT NOT NULL,
            at REAL NOT NULL,
            PRIMARY KEY (decision_id, who)
        ) STRICT, WITHOUT ROWID
        """,
        // Why an intended move will not be made.
        "ALTER TABLE alias_move ADD COLUMN voided TEXT",
    ]

    /// Notices to people share the outbox with messages to forges.
    private static let telling = [
        "ALTER TABLE outbox ADD COLUMN addressee TEXT NOT NULL DEFAULT 'forge'",
        // The end of a notice: sent, given up, or replaced by a later one. Absent for messages to forges.
        "ALTER TABLE outbox ADD COLUMN ending TEXT",
        "DROP INDEX outbox_open",
        "CREATE INDEX outbox_open ON outbox(addressee, next_at) WHERE done_at IS NULL",
        // The recipient and the subject of an entry. Notices about the same subject are not repeated within a short
        // time.
        """
        CREATE TABLE notice (
            id INTEGER PRIMARY KEY REFERENCES outbox(id),
            run_id INTEGER NOT NULL REFERENCES run(id),
            environment TEXT NOT NULL,
            channel TEXT NOT NULL,
            recipient TEXT NOT NULL,
            kind TEXT NOT NULL,
            branch TEXT NOT NULL,
            pipeline TEXT NOT NULL,
            key TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
            due_at REAL NOT NULL,
            taken_at REAL
        ) STRICT
        """,
        "CREATE INDEX notice_by_place ON notice(channel, recipient, kind, branch, pipeline, environment, id)",
    ]

    private static let providing = [
        // Terraform plans of steps: people read them, and later steps must match them.
        """
        CREATE TABLE infrastructure_plan (
            run_id INTEGER NOT NULL REFERENCES run(id),
            step TEXT NOT NULL,
            place TEXT NOT NULL,
            configuration TEXT NOT NULL,
            change_id INTEGER REFERENCES change(id),
            body TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (run_id, step)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX infrastructure_plan_shown ON infrastructure_plan(configuration) WHERE change_id IS NOT NULL",
    ]

    /// Copies of parts of the JSON for look-ups. Queries never look into JSON.
    private static let asking = [
        // `EventColumns`
        "ALTER TABLE event ADD COLUMN ref TEXT",
        "ALTER TABLE event ADD COLUMN commit_id TEXT",
        "ALTER TABLE event ADD COLUMN fire_id INTEGER",
        "ALTER TABLE event ADD COLUMN schedule TEXT",
        "ALTER TABLE event ADD COLUMN backfill_id INTEGER",
        "CREATE INDEX event_of_fire ON event(fire_id) WHERE fire_id IS NOT NULL",
        // `ChangeFactColumns`
        "ALTER TABLE change_fact ADD COLUMN kind TEXT",
        "ALTER TABLE change_fact ADD COLUMN commit_id TEXT",
        "CREATE INDEX change_fact_merged ON change_fact(id) WHERE kind = 'merged'",
        "CREATE INDEX change_fact_merging ON change_fact(commit_id) WHERE kind = 'merging'",
        // The subject of a message to a forge: `change` or `run`, and its number.
        "ALTER TABLE outbox ADD COLUMN subject TEXT",
        "ALTER TABLE outbox ADD COLUMN subject_id INTEGER",
        // Why this version cannot read the message. Such a message is skipped.
        "ALTER TABLE outbox ADD COLUMN unreadable TEXT",
        // `MoveColumns`
        "ALTER TABLE alias_move ADD COLUMN approvals_needed INTEGER",
        "ALTER TABLE alias_move ADD COLUMN has_evidence INTEGER",
        "CREATE INDEX alias_move_by_version ON alias_move(model, to_version, confirmed_at)",
        "CREATE INDEX alias_move_by_alias ON alias_move(model, alias, confirmed_at)",
    ]

    private static let scheduling = [
        """
        CREATE TABLE schedule (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            pipeline TEXT NOT NULL,
            rule TEXT NOT NULL,
            commit_id TEXT NOT NULL,
            branch TEXT NOT NULL,
            run_id INTEGER NOT NULL REFERENCES run(id),
            live_since REAL NOT NULL,
            retired_at REAL,
            UNIQUE (run_id, pipeline)
        ) STRICT
        """,
        "CREATE UNIQUE INDEX schedule_live ON schedule(project_id, pipeline) WHERE retired_at IS NULL",
        // One row per schedule and logical time, even after a crash.
        """
        CREATE TABLE fire (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            pipeline TEXT NOT NULL,
            logical_time REAL NOT NULL,
            schedule_id INTEGER NOT NULL REFERENCES schedule(id),
            model TEXT,
            version TEXT,
            stored_at REAL NOT NULL,
            UNIQUE (project_id, pipeline, logical_time)
        ) STRICT
        """,
    ]

    private static let backfilling = [
        // `waiting` for other schedules, `fired`, or `skipped` with a reason.
        "ALTER TABLE fire ADD COLUMN state TEXT NOT NULL DEFAULT 'fired'",
        "ALTER TABLE fire ADD COLUMN reason TEXT",
        // How many earlier moments this one covers.
        "ALTER TABLE fire ADD COLUMN missed INTEGER NOT NULL DEFAULT 0",
        // The event that last ran it.
        "ALTER TABLE fire ADD COLUMN event_id INTEGER REFERENCES event(id)",
        "CREATE INDEX fire_waiting ON fire(logical_time) WHERE state = 'waiting'",
        // `due_since` is how far a schedule has decided. Before this migration, its fires said so.
        """
        UPDATE schedule SET due_since = max(coalesce(due_since, live_since), coalesce((
            SELECT max(logical_time) FROM fire WHERE fire.project_id = schedule.project_id
            AND fire.pipeline = schedule.pipeline AND logical_time <= unixepoch()), 0)) WHERE retired_at IS NULL
        """,
        // By name, so that a release does not end a pause.
        """
        CREATE TABLE schedule_pause (
            project_id INTEGER NOT NULL REFERENCES project(id),
            pipeline TEXT NOT NULL,
            who TEXT NOT NULL,
            reason TEXT NOT NULL,
            at REAL NOT NULL,
            PRIMARY KEY (project_id, pipeline)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE backfill (
            id INTEGER PRIMARY KEY,
            project_id INTEGER NOT NULL REFERENCES project(id),
            pipeline TEXT NOT NULL,
            from_time REAL NOT NULL,
            through_time REAL NOT NULL,
            version TEXT,
            parallel INTEGER NOT NULL,
            max_failures INTEGER NOT NULL,
            who TEXT NOT NULL,
            at REAL NOT NULL,
            cancelled_at REAL
        ) STRICT
        """,
        // Monitor reports. They are kept longer than the steps' files.
        """
        CREATE TABLE monitor_report (
            run_id INTEGER NOT NULL REFERENCES run(id),
            step TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (run_id, step)
        ) STRICT, WITHOUT ROWID
        """,
        // Started once it has an event. The event's run says how it ended.
        """
        CREATE TABLE backfill_moment (
            backfill_id INTEGER NOT NULL REFERENCES backfill(id),
            logical_time REAL NOT NULL,
            event_id INTEGER REFERENCES event(id),
            PRIMARY KEY (backfill_id, logical_time)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX backfill_waiting ON backfill_moment(backfill_id) WHERE event_id IS NULL",
    ]
}

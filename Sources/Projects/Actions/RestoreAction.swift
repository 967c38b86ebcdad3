import Formats

/// Make the version named by the run's trigger the incumbent again. Only `espalier rollback` uses it.
package struct RestoreAction: ActionKind {
    package static let tag = "restore"

    package init() {}

    package var sentence: String { "make the version incumbent again" }
    package var reuse: ActionReuse { .never(reason: "it changes the registry") }
    package var onDatabricks: DatabricksTask { .none(missing: "roll back") }
}

import Formats

/// Makes the version that the run's trigger names the incumbent again. Only `espalier rollback` uses it.
package struct RestoreAction: ActionKind {
    package static let tag = "restore"

    package init() {}

    package var sentence: String { "make the version incumbent again" }
    package var reuse: ActionReuse { .never(reason: "it changes the registry") }
    package var onDatabricks: DatabricksTask { .none(missing: "roll back") }
}

import Events
import Projects

/// A kind of event that starts runs.
package protocol StartingEvent: EventKind {
    /// The trigger of the runs that it starts.
    associatedtype Started: TriggerKind

    /// Whether it comes from outside the repository.
    var isFromFork: Bool { get }
    /// Added to the priority of the environment.
    var priority: Int { get }

    /// Whether a pipeline runs, where, and with which trigger.
    func match(_ pipeline: Pipeline, _ facts: CommitFacts) -> Match

    /// What the event starts if the project's pipelines do not decide that; otherwise `nil`.
    func planning(at facts: CommitFacts, digest: (String) -> String) -> Planning?
}

extension StartingEvent {
    static var started: any TriggerKind.Type { Started.self }

    package var isFromFork: Bool { false }
    package var priority: Int { 0 }

    package func planning(at facts: CommitFacts, digest: (String) -> String) -> Planning? { nil }
}

package enum Match {
    case starts(environment: String, Trigger)
    case skipped(NonRun)
}

extension CommitFacts {
    /// Why the pipeline does not run: the commit changes none of these paths. `nil` if it changes one, or if there are
    /// no paths.
    func untouched(_ paths: [Glob]) -> NonRun? {
        let isTouched = paths.isEmpty || changedPaths.contains { path in paths.contains { $0.matches(path) } }
        return isTouched ? nil : .pathsUntouched(paths.map(\.description))
    }
}

import Home
import Plans
import Projects

/// The executors of this process, by the names that `executor:` of a compute uses.
package struct Executors: Sendable {
    private let byName: [String: any Executor]

    package init(_ byName: [String: any Executor]) { self.byName = byName }

    /// How many commands each executor runs at once, by name.
    package var slots: [String: Int] { byName.mapValues(\.slots) }

    /// The executor whose slots the step takes: the one its compute names, else the default until the step is refused.
    package func slotOwner(of step: PlannedStep) -> String {
        byName[step.compute.executorName] == nil ? Compute.executors[0] : step.compute.executorName
    }

    /// The executor that the step's compute names.
    ///
    /// - Throws: `DaemonError` if there is none, as after a downgrade.
    package func executor(of step: PlannedStep) throws -> any Executor {
        let name = step.compute.executorName
        guard let executor = byName[name] else {
            let known = byName.keys.sorted().joined(separator: ", ")
            throw DaemonError.refused(
                "no executor is named '\(name)' here: choose one of \(known) for `executor:` of its compute")
        }
        return executor
    }
}

import Foundation
import Projects
import Synchronization

/// The watches of all adopted repositories.
package final class Watches: Sendable {
    private let known = Mutex<[Int64: ProjectWatch]>([:])

    package init() {}

    package func add(_ watch: ProjectWatch) { known.withLock { $0[watch.project.id] = watch } }

    package var all: [ProjectWatch] { known.withLock { $0.values.sorted { $0.project.id < $1.project.id } } }

    package func watch(of project: Int64) -> ProjectWatch? { known.withLock { $0[project] } }

    /// Requests a look at one ref and does not wait for it.
    package func nudge(_ project: Int64, _ ref: String) { known.withLock { $0[project] }?.ask(ref) }

    package func stop() { all.forEach { $0.stop() } }
}

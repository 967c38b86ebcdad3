import Foundation
import Store
import Synchronization

/// The watches of all adopted repositories.
final class Watches: Sendable {
    private let known = Mutex<[Int64: ProjectWatch]>([:])

    func add(_ watch: ProjectWatch) { known.withLock { $0[watch.project.id] = watch } }

    func isWatched(_ project: StoredProject) -> Bool { known.withLock { $0[project.id] != nil } }

    var all: [ProjectWatch] { known.withLock { $0.values.sorted { $0.project.id < $1.project.id } } }

    func watch(of project: Int64) -> ProjectWatch? { known.withLock { $0[project] } }

    /// Ask for a look at one ref, without waiting for it.
    func nudge(_ project: Int64, _ ref: String) { known.withLock { $0[project] }?.ask(ref) }

    func stop() { all.forEach { $0.stop() } }
}

import Foundation
import Store

/// The watches of all adopted repositories.
final class Watches: Sendable {
    private let known = Locked<[Int64: ProjectWatch]>([:])

    func add(_ watch: ProjectWatch) { known.with { $0[watch.project.id] = watch } }

    func isWatched(_ project: StoredProject) -> Bool { known.with { $0[project.id] != nil } }

    var all: [ProjectWatch] { known.with { $0.values.sorted { $0.project.id < $1.project.id } } }

    /// Ask for a look at one ref, without waiting for it.
    func nudge(_ project: Int64, _ ref: String) { known.with { $0[project] }?.ask(ref) }

    func stop() { all.forEach { $0.stop() } }
}

/// A value behind a lock.
final class Locked<Value: Sendable>: @unchecked Sendable {
    private var value: Value
    private let lock = NSLock()

    init(_ value: Value) { self.value = value }

    func with<T>(_ body: (inout Value) -> T) -> T {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}

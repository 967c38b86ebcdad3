import Foundation
import Home
import Minding
import Synchronization

/// The writable layers of running steps by name (`SCRATCH/RUN.STEP.ATTEMPT`), and empty layers for the next steps
/// (`SCRATCH/free-N`).
package final class ScratchFolders: Sendable {
    private let folder: String
    private let free: Mutex<[String]>
    private let numbers = Counter()

    /// - Parameter folder: must exist. Empty layers in it are reused.
    package init(folder: String) {
        self.folder = folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        free = Mutex(names.filter { $0.hasPrefix("free-") })
    }

    package func layer(named name: String) -> Layer { Layer("\(folder)/\(name)") }

    /// Prepares a layer with that name for writing. If an earlier daemon prepared it, it is used again.
    package func take(_ name: String) throws {
        let layer = layer(named: name)
        if useFree(as: layer.path) { return }
        for part in [layer.own, layer.temporary, layer.inputs, layer.outputs] {
            try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: true)
        }
        if !FileManager.default.fileExists(atPath: layer.output) {
            // An empty file does not need to be written to a temporary file and flushed.
            close(open(layer.output, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
        }
    }

    /// `true` if a free layer got the name; then the layer is complete.
    private func useFree(as path: String) -> Bool {
        guard let name = free.withLock({ $0.popLast() }) else { return false }
        // If a non-empty folder already has the name, the rename fails and that folder stays.
        if rename("\(folder)/\(name)", path) == 0 { return true }
        free.withLock { $0.append(name) }
        return false
    }

    /// Empties a layer and keeps it for the next step. Removes it if it cannot be emptied.
    package func giveBack(_ layer: Layer) {
        for part in [layer.upper, layer.temporary, layer.inputs, layer.outputs] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: part)) ?? [] {
                try? FileManager.default.removeItem(atPath: "\(part)/\(name)")
            }
        }
        let name = "free-\(getpid())-\(numbers.next())"
        guard isEmpty(layer), rename(layer.path, "\(folder)/\(name)") == 0 else {
            try? FileManager.default.removeItem(atPath: layer.path)
            return
        }
        free.withLock { $0.append(name) }
    }

    private func isEmpty(_ layer: Layer) -> Bool {
        [layer.temporary, layer.inputs, layer.outputs, layer.tree, layer.upper].allSatisfy {
            (try? FileManager.default.contentsOfDirectory(atPath: $0))?.isEmpty ?? false
        } && truncate(layer.output, 0) == 0
    }

    /// Removes the layers of steps that ended without giving them back.
    ///
    /// - Parameter isAtWork: whether the layer of that name is still needed.
    package func removeAll(unless isAtWork: (String) -> Bool) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where !name.hasPrefix("free-") && !isAtWork(name) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}

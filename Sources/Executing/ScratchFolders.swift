import Foundation
import Home
import Minding
import Reading
import Synchronization

/// The layers of steps at work, by name, and empty ones that wait for the next: `SCRATCH/RUN.STEP.ATTEMPT`,
/// `SCRATCH/free-N`.
package final class ScratchFolders: Sendable {
    private let folder: String
    private let free: Mutex<[String]>
    private let numbers = Counter()

    /// - Parameter folder: exists; empty layers in it are used.
    package init(folder: String) {
        self.folder = folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        free = Mutex(names.filter { $0.hasPrefix("free-") })
    }

    package func layer(named name: String) -> Layer { Layer("\(folder)/\(name)") }

    /// Have a layer of that name, ready to be written to. One that an earlier daemon prepared is found again.
    package func take(_ name: String) throws {
        let layer = layer(named: name)
        if useFree(as: layer.path) { return }
        for part in [layer.own, layer.temporary, layer.inputs, layer.outputs] {
            try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: true)
        }
        if !FileManager.default.fileExists(atPath: layer.output) {
            // An empty file needs no detour by a temporary one that is flushed to the disk.
            close(open(layer.output, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
        }
    }

    /// `true` when a free layer got the name: then all its parts are there.
    private func useFree(as path: String) -> Bool {
        guard let name = free.withLock({ $0.popLast() }) else { return false }
        // A folder that has the name already, and something in it, keeps it.
        if rename("\(folder)/\(name)", path) == 0 { return true }
        free.withLock { $0.append(name) }
        return false
    }

    /// Empty a layer and keep it for the next step; what cannot be emptied is removed.
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

    /// Remove the layers of steps that ended without giving them back.
    ///
    /// - Parameter isAtWork: whether a layer of that name is still needed.
    package func removeAll(unless isAtWork: (String) -> Bool) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where !name.hasPrefix("free-") && !isAtWork(name) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}

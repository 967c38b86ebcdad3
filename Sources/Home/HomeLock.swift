import Foundation

/// The lock of a home. Its one daemon holds it as long as the process lives.
package final class HomeLock: Sendable {
    private let descriptor: Int32

    package init(_ home: Home) throws {
        descriptor = open(home.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw DaemonError.unusable("cannot open \(home.lock): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw DaemonError.alreadyRunning(home: home.path) }
    }

    deinit { close(descriptor) }

    /// Whether a daemon is running in the home.
    package static func isHeld(_ home: Home) -> Bool {
        let descriptor = open(home.lock, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }
}

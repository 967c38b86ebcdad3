import CPosix
@preconcurrency import Dispatch
import Foundation

/// Fires at a moment of the wall clock, however far away. It also fires at once when the clock is set, or when a
/// suspended machine wakes up after the moment.
public final class WallTimer: Sendable {
    private let descriptor: Int32
    private let source: any DispatchSourceRead

    /// - Parameter ring: called on its own queue at the moment, or when the clock was set.
    public init(ring: @escaping @Sendable () -> Void) throws(WatchingError) {
        descriptor = espalier_wall_timer()
        guard descriptor >= 0 else { throw WatchingError("cannot make a timer") }
        source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "espalier.wall-timer"))
        source.setEventHandler { [descriptor] in
            // Reading resets it. The read fails with ECANCELED when the clock was set.
            var expirations: UInt64 = 0
            _ = read(descriptor, &expirations, MemoryLayout<UInt64>.size)
            ring()
        }
        source.setCancelHandler { [descriptor] in close(descriptor) }
        source.resume()
    }

    deinit { source.cancel() }

    /// Sets the timer to fire once at `moment`. With nil, it does not fire until it is set again.
    public func set(_ moment: Date?) {
        _ = espalier_set_wall_timer(descriptor, moment.map { max(0, $0.timeIntervalSince1970) } ?? -1)
    }
}

import CPosix
@preconcurrency import Dispatch
import Foundation

/// Tells when a moment of the wall clock has come. It sleeps until then, however far that is; a suspended machine that
/// wakes up later, and a clock that is set, are told of at once.
public final class WallTimer: Sendable {
    private let descriptor: Int32
    private let source: any DispatchSourceRead

    /// - Parameter ring: called when the moment has come or the clock was set, on a queue of its own.
    public init(ring: @escaping @Sendable () -> Void) throws(WatchingError) {
        descriptor = espalier_wall_timer()
        guard descriptor >= 0 else { throw WatchingError("cannot make a timer") }
        source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "espalier.wall-timer"))
        source.setEventHandler { [descriptor] in
            // Reading it makes it quiet again. Nothing is there (ECANCELED) when the clock was set.
            var expirations: UInt64 = 0
            _ = read(descriptor, &expirations, MemoryLayout<UInt64>.size)
            ring()
        }
        source.setCancelHandler { [descriptor] in close(descriptor) }
        source.resume()
    }

    deinit { source.cancel() }

    /// Have it ring at `moment`, once; `nil` for not before it is set again.
    public func set(_ moment: Date?) {
        _ = espalier_set_wall_timer(descriptor, moment.map { max(0, $0.timeIntervalSince1970) } ?? -1)
    }
}

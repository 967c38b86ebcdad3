import Foundation

/// Rings a bell at the earliest of the moments that it was set to. One timer at a time, and a new one only for an earlier
/// moment: a ring that comes early is a look for nothing.
package struct Alarm {
    private let bell: Bell
    private var timer: (task: Task<Void, Never>, at: Date)?

    package init(_ bell: Bell) { self.bell = bell }

    package mutating func set(in seconds: Double) {
        let pause = max(0.01, seconds)
        let moment = Date().addingTimeInterval(pause)
        if let timer, timer.at > Date(), timer.at <= moment { return }
        timer?.task.cancel()
        let task = Task { [bell] in
            try? await Task.sleep(for: .seconds(pause))
            if !Task.isCancelled { bell.ring() }
        }
        timer = (task, moment)
    }

    package func cancel() { timer?.task.cancel() }
}

import Foundation

/// Rings a bell at the earliest of the given times. There is one timer at a time, replaced only by an earlier one. A
/// ring that comes too early only causes a useless look.
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

import Foundation

/// The state of a fire that another fire waits for (`after:`).
public enum FireState: Sendable, Hashable {
    /// Its schedule is not live.
    case notLive
    /// There is no such moment.
    case neverDue
    /// It is in the future, or not decided yet.
    case undecided
    /// It has no record: the schedule went live after it, or kept no records then.
    case unrecorded
    case waiting
    case skipped(String)
    case running(Int64?)
    case passed
    /// How its latest run ended.
    case ended(run: Int64, as: String)
}

/// Whether a fire with `after:` may start.
public enum Readiness: Sendable, Hashable {
    case ready
    case waits(String)
    case never(SkipReason)
}

/// Decides whether a fire may start.
///
/// - Parameter dependencies: the schedules of its `after:`, each with the moment that counts: the latest one that is
///   not after the fire's own.
public func readiness(after dependencies: [(name: String, moment: Date?, state: FireState)]) -> Readiness {
    var waits: [String] = []
    for (name, moment, state) in dependencies {
        let time = moment?.formatted(.iso8601) ?? ""
        switch state {
        case .passed: continue
        case .notLive: return .never(.dependency(name, why: "is not a live schedule"))
        case .neverDue: return .never(.dependency(name, why: "was never due"))
        case .unrecorded: return .never(.dependency(name, why: "never fired for \(time): it went live later"))
        case .skipped(let why): return .never(.dependency(name, why: "was skipped for \(time): \(why)"))
        case .undecided, .waiting: waits.append("\(name) for \(time) to start")
        case .running(let run): waits.append("\(name) for \(time)" + (run.map { " (run \($0))" } ?? ""))
        case .ended(let run, let outcome):
            waits.append("\(name) for \(time), whose run \(run) \(outcome): `espalier retry \(run)`")
        }
    }
    return waits.isEmpty ? .ready : .waits("waits for \(waits.joined(separator: ", and "))")
}

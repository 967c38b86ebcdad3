import Foundation
import Logging
import Notices
import Synchronization

/// The troubles of a daemon. The code that sees a trouble raises it, and clears it when it is over.
///
/// Both are idempotent: raising again changes only the text, clearing an absent trouble does nothing.
package final class Troubles: Sendable {
    private struct Entry {
        var trouble: Trouble
        /// Whether this process has seen it, not just an earlier one.
        var isSeen: Bool
    }

    private let known = Mutex<[Trouble.Place: Entry]>([:])
    private let bell: Bell
    private let logger: Logger?

    /// - Parameters:
    ///   - bell: rung after each change.
    ///   - logger: logs each trouble once, and its end once.
    package init(_ bell: Bell = Bell(), logger: Logger? = nil) {
        self.bell = bell
        self.logger = logger
    }

    /// The current troubles, oldest first.
    package var current: [Trouble] {
        known.withLock { $0.values.map(\.trouble) }.sorted { ($0.since, $0.place.part) < ($1.since, $1.place.part) }
    }

    /// - Parameters:
    ///   - what: what is wrong: one sentence.
    ///   - remedy: what to do about it: one sentence.
    package func raise(
        _ kind: Trouble.Kind, of project: String?, part: String = "", what: String, remedy: String,
        at time: Date = Date()
    ) {
        let place = Trouble.Place(kind, project: project, part: part)
        let (isNew, isChanged) = known.withLock { known in
            let before = known[place]?.trouble
            let trouble = Trouble(place, since: before?.since ?? time, what: what, remedy: remedy)
            known[place] = Entry(trouble: trouble, isSeen: true)
            return (before == nil, before != trouble)
        }
        if isNew { logger?.warning("\(place.words): \(what); \(remedy)") }
        if isChanged { bell.ring() }
    }

    package func clear(_ kind: Trouble.Kind, of project: String?, part: String = "") {
        let place = Trouble.Place(kind, project: project, part: part)
        end { known in known.removeValue(forKey: place).map { [$0] } ?? [] }
    }

    /// Clears troubles of a kind at the places for which `isOver` is true.
    package func clear(_ kind: Trouble.Kind, where isOver: (Trouble.Place) -> Bool) {
        end { Self.remove(from: &$0) { $0.trouble.place.kind == kind && isOver($0.trouble.place) } }
    }

    /// Adds troubles that an earlier process raised. They stay until somebody clears them.
    package func recall(_ troubles: [Trouble]) {
        known.withLock { known in
            for trouble in troubles {
                var entry = known[trouble.place] ?? Entry(trouble: trouble, isSeen: false)
                entry.trouble = Trouble(
                    trouble.place, since: trouble.since, what: entry.trouble.what, remedy: entry.trouble.remedy)
                known[trouble.place] = entry
            }
        }
    }

    /// Clears troubles that an earlier process raised and this one has not seen.
    package func forgetUnseen() { end { Self.remove(from: &$0) { !$0.isSeen } } }

    private func end(_ remove: (inout [Trouble.Place: Entry]) -> [Entry]) {
        let ended = known.withLock { $0.isEmpty ? [] : remove(&$0) }
        for entry in ended { logger?.notice("\(entry.trouble.place.words): over: \(entry.trouble.what)") }
        if !ended.isEmpty { bell.ring() }
    }

    private static func remove(from known: inout [Trouble.Place: Entry], _ isOver: (Entry) -> Bool) -> [Entry] {
        let ended = known.values.filter(isOver)
        for entry in ended { known[entry.trouble.place] = nil }
        return ended
    }
}

extension Trouble.Place {
    /// `shop, gate main`
    fileprivate var words: String {
        let subject = part.isEmpty ? kind.rawValue : "\(kind.rawValue) \(part)"
        return project.map { "\($0), \(subject)" } ?? subject
    }
}

import Foundation
import Projects
import Runs

extension Notice {
    /// One line for a list, a subject, a chat.
    public var title: String { count > 1 ? "\(ownTitle); \(count) in all" : ownTitle }

    /// The title without the events that were folded in.
    var ownTitle: String {
        if case .trouble = about { return "\(project): \(sentence)" }
        return "\(project) \(environment): \(sentence)"
    }

    private var sentence: String {
        switch about {
        case .failure(let outcome, _, _): "\(pipeline) on \(branch) \(outcome.asVerb) (run \(run))"
        case .recovery: "\(pipeline) on \(branch) passes again (run \(run))"
        case .missed(let missed): "\(missed.schedule) was not on time for \(missed.logicalTime.formatted(.iso8601))"
        case .drift: "\(pipeline) on \(branch) found drift (run \(run))"
        case .decision(let move): move.sentence
        case .trouble(let trouble, let isOver): isOver ? "over: \(trouble.what)" : trouble.what
        case .test: "this is a test"
        }
    }

    /// What happened, in one or a few lines.
    public var reason: String {
        switch about {
        case .failure(_, let steps, _):
            steps.map { "\($0.name): \($0.state)" + ($0.detail.isEmpty ? "" : ", \($0.detail)") }
                .joined(separator: "\n")
        case .recovery(let before):
            before == run ? "It was retried." : "Run \(before) had failed."
        case .missed(let missed): missed.reason
        case .drift(let steps):
            steps.map { $0.name + ($0.reason.isEmpty ? " has reported drift=detected" : ": \($0.reason)") }
                .joined(separator: "\n")
        case .decision(let move): move.explanation.joined(separator: "\n")
        case .trouble(let trouble, isOver: false):
            "What to do: \(trouble.remedy).\nSince \(trouble.since.formatted(.iso8601))."
        case .trouble(let trouble, isOver: true): "It began at \(trouble.since.formatted(.iso8601))."
        case .test: "Somebody sent it with `espalier notices test`."
        }
    }

    public var log: [String] {
        if case .failure(_, _, let log) = about { log } else { [] }
    }

    /// The full text, without the title.
    ///
    /// - Parameter url: the page about it; nil if there is none.
    public func body(url: String?) -> String {
        var parts = [reason]
        if case .failure(_, let steps, let log) = about, !log.isEmpty {
            parts.append("The end of the log of \(steps.first?.name ?? "it"):\n" + log.map { "  \($0)\n" }.joined())
        }
        if isAboutRun { parts.append("branch \(branch), commit \(commit.prefix(10)), run \(run)") }
        if !earlier.isEmpty { parts.append("Also in this message:\n" + earlier.map { "  \($0)\n" }.joined()) }
        if let url { parts.append(url) }
        return parts.map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }.joined(separator: "\n\n")
    }

    private var isAboutRun: Bool {
        switch about {
        case .test, .trouble: false
        default: true
        }
    }

    /// The text of a message: the template's with its fields filled in, or the usual text.
    public func text(template: String?, url: String?, id: String) -> String {
        guard let template else { return "\(title)\n\n\(body(url: url))" }
        // Fields inside a value are not replaced.
        return template.replacing(/\{\{\s*(\w+)\s*\}\}/) { match in
            NoticeField(rawValue: String(match.output.1)).map { value(of: $0, url: url, id: id) }
                ?? String(match.output.0)
        }
    }

    private func value(of field: NoticeField, url: String?, id: String) -> String {
        switch field {
        case .kind: kind.rawValue
        case .title: title
        case .body: body(url: url)
        case .reason: reason
        case .log: log.joined(separator: "\n")
        case .project: project
        case .environment: environment
        case .branch: branch
        case .pipeline: pipeline
        case .commit: commit
        case .run: String(run)
        case .count: String(count)
        case .at: at.formatted(.iso8601)
        case .url: url ?? ""
        case .id: id
        }
    }
}

extension RunOutcome {
    fileprivate var asVerb: String {
        switch self {
        case .timedOut: "timed out"
        case .outOfMemory: "ran out of memory"
        case .lost: "was lost"
        case .passed, .skipped, .superseded, .cancelled, .failed: rawValue
        }
    }
}

extension DecidedMove {
    fileprivate var sentence: String {
        let before = from.map { ", after \($0)" } ?? ""
        switch standing {
        case .moved where isRollback: return "\(model) was rolled back to \(to)\(before) (decision \(decision))"
        case .moved: return "\(model) \(to) is champion\(before) (decision \(decision))"
        case .held: return "\(model) \(to) was not promoted (decision \(decision))"
        case .void: return "\(model) \(to) did not become champion after all (decision \(decision))"
        case .waits(let approvals):
            return "\(model) \(to) has \(approvals) pending approval\(approvals == 1 ? "" : "s") (decision \(decision))"
        }
    }

    fileprivate var explanation: [String] {
        switch standing {
        case .void(let reason): [reason] + reasons
        case .waits: reasons + ["espalier decisions approve \(decision) --as NAME"]
        case .moved, .held: reasons
        }
    }
}

/// The last lines of a log, safe to show to people: no colours, no control characters, no very long lines.
///
/// - Parameter bytes: the end of the log; its first line may be cut.
public func lastLines(of bytes: [UInt8], count: Int = 20, width: Int = 300) -> [String] {
    let text = String(decoding: bytes, as: UTF8.self).replacing(/\u{1B}\[[0-9;?]*[ -\/]*[@-~]/, with: "")
    // A terminal does not show what a progress bar has overwritten, either.
    return text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }).suffix(count).map { line in
        let seen = line.split(separator: "\r").last ?? ""
        return String(String.UnicodeScalarView(seen.unicodeScalars.filter { !$0.isControl }).prefix(width))
    }
}

extension Unicode.Scalar {
    /// Characters that are dropped: control characters, and those that change the writing direction.
    var isControl: Bool {
        switch properties.generalCategory {
        case .control: self != "\t"
        case .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

import Foundation

/// A problem that blocks a project until a person fixes it.
public struct Trouble: Sendable, Hashable, Codable {
    /// What has the problem. The words are a stored format and never change.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// The mirror of a remote repository cannot be fetched.
        case mirror
        /// The repository cannot be read.
        case repository
        /// Git does not call our hooks.
        case hooks
        /// The changes of a target cannot advance. Its part is the branch.
        case gate
        /// The forge refuses the token, or does not answer.
        case forge
        /// An event cannot be planned, and blocks those behind it.
        case planning
        /// A registry does not answer.
        case registry
        /// A schedule cannot fire. Its part is the pipeline.
        case schedules
        /// Something stored cannot be decoded, and is held.
        case unreadable
    }

    /// Where it is. Each place has at most one trouble.
    public struct Place: Sendable, Hashable, Codable {
        public let kind: Kind
        /// The project's name; nil for the whole daemon.
        public let project: String?
        /// A part of the project that can be in trouble by itself, such as a branch; empty for all of it.
        public let part: String

        public init(_ kind: Kind, project: String?, part: String = "") {
            self.kind = kind
            self.project = project
            self.part = part
        }
    }

    public let place: Place
    public let since: Date
    /// What is wrong: one sentence.
    public var what: String
    /// What to do about it: one sentence.
    public var remedy: String

    public init(_ place: Place, since: Date, what: String, remedy: String) {
        self.place = place
        self.since = since
        self.what = what
        self.remedy = remedy
    }
}

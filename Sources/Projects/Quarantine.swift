/// A test that is known to be flaky. It still runs and is reported, but does not block until its last day is over.
public struct QuarantinedTest: Sendable, Hashable, Codable {
    /// The name that its runner gives it: `tests/unit/test_a.py::test_b`, `package.Class::method`.
    public let test: String
    /// The last day of the quarantine, `2026-12-31`.
    public let until: String
    public let reason: String

    private enum CodingKeys: String, CodingKey { case test, until, reason }

    public init(test: String, until: String, reason: String) {
        self.test = test
        self.until = until
        self.reason = reason
    }

    init?(_ node: Node) {
        guard let test = node["test"]?.text, let until = node["until"]?.text else { return nil }
        self.init(test: test, until: until, reason: node["reason"]?.text ?? "")
    }

    static let shape = Shape.object([
        .init("test", .string, required: true, "the test as its runner names it: tests/unit/test_a.py::test_b"),
        .init("until", .date, required: true, "the last day of its quarantine; then it blocks again"),
        .init("reason", .string, "why, and where the fix is tracked"),
    ])

    /// Whether a reported test is this one. A file path and a dotted name are equivalent. A name without parameters
    /// covers all parameters.
    public func names(_ reported: String) -> Bool {
        let (mine, other) = (Self.plain(test), Self.plain(reported))
        return mine == other || !mine.contains("[") && other.hasPrefix("\(mine)[")
    }

    private static func plain(_ name: String) -> String {
        // The part in brackets is the test's parameters and is compared unchanged.
        let parts = name.split(separator: "[", maxSplits: 1, omittingEmptySubsequences: false)
        let plain = String(parts[0]).replacing(".py::", with: ".").replacing("::", with: ".").replacing("/", with: ".")
        return parts.count > 1 ? "\(plain)[\(parts[1])" : plain
    }
}

/// The result for a step with failed tests.
public enum QuarantineVerdict: Sendable, Hashable {
    /// Only quarantined tests failed.
    case excused([QuarantinedTest])
    /// The tests that block, and the quarantines among them that have expired.
    case blocked([String], ended: [QuarantinedTest])
}

/// - Parameters:
///   - failures: names of the failed tests as the report has them; not empty.
///   - today: as in `2026-11-24`; days are compared as text.
public func judge(failures: [String], by quarantine: [QuarantinedTest], today: String) -> QuarantineVerdict {
    var (used, ended, blocking): ([QuarantinedTest], [QuarantinedTest], [String]) = ([], [], [])
    for failure in failures {
        let entries = quarantine.filter { $0.names(failure) }
        if let valid = entries.first(where: { $0.until >= today }) {
            if !used.contains(valid) { used.append(valid) }
        } else {
            blocking.append(failure)
            ended += entries
        }
    }
    return blocking.isEmpty && !failures.isEmpty ? .excused(used) : .blocked(blocking, ended: ended)
}

import Foundation
import Projects

/// One question about a new project.
public struct Question: Sendable {
    public let key: String
    public let text: String
    /// The default answer, given the answers before it.
    public let fallback: @Sendable ([String: String]) -> String
    /// What is wrong with an answer, and what would be right; nil if it is valid.
    public let complaint: @Sendable (String) -> String?

    /// Stands for the births that come with a pinned package.
    public static let packaged = "packaged"

    /// The questions of a template.
    ///
    /// - Parameter folder: the name of the new project's folder, which is the default name of the project.
    public static func all(of template: Template, folder: String) -> [Question] {
        [
            Question("name", "Name of the project", { _ in isName(folder) ? folder : "hrob" }, name),
            Question("model", "Name of the registered model", { "\($0["name"] ?? "hrob")-risk" }, name),
            Question("default_branch", "Default branch, which is staging", { _ in "main" }) {
                $0.contains("*") ? "'\($0)' is a pattern; name one branch" : branch($0)
            },
            Question(
                "release_branches", "Pattern of the release branches, which are prod", { _ in "release/**" }, branch),
            Question("registry", "MLflow registry: embedded, or its URL", { _ in "embedded" }, registry),
            Question("data", "Births: packaged, or the absolute path of a file or table", { _ in packaged }, data),
            Question(
                "feature_store", "Feature store (true or false)",
                { _ in String(template.files[Template.featureStore] != nil) }
            ) {
                flag($0, "feature store", Template.featureStore, template)
            },
            Question("spark", "Spark (true or false)", { _ in "false" }) {
                flag($0, "Spark code", Template.spark, template)
            },
            Question("forge", "Forge: \(forges)", { _ in "none" }, forge),
        ]
    }

    init(
        _ key: String, _ text: String, _ fallback: @escaping @Sendable ([String: String]) -> String,
        _ complaint: @escaping @Sendable (String) -> String?
    ) {
        self.key = key
        self.text = text
        self.fallback = fallback
        self.complaint = complaint
    }

    private static func isName(_ text: String) -> Bool { text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.-]{0,62}/) != nil }

    private static func name(_ text: String) -> String? {
        isName(text)
            ? nil
            : "'\(text)' is not a valid name: letters, digits, '-', '_' and '.', at most 63, a letter or digit first"
    }

    /// Source of the rules: git-check-ref-format. A pattern may also have wildcards.
    private static func branch(_ text: String) -> String? {
        let sound = text.wholeMatch(of: /[A-Za-z0-9_*][A-Za-z0-9_.*\/-]*/) != nil
        let broken =
            ["..", "//", "/."].contains(where: text.contains) || text.hasSuffix("/") || text.hasSuffix(".lock")
        return sound && !broken ? nil : "'\(text)' cannot name a branch: letters, digits, '-', '_', '.' and '/'"
    }

    private static func registry(_ text: String) -> String? {
        if text == "embedded" { return nil }
        let url = URL(string: text)
        let sound = ["http", "https"].contains(url?.scheme ?? "") && url?.host?.isEmpty == false
        return sound ? nil : "'\(text)' is neither embedded nor a URL such as https://mlflow.example.org"
    }

    private static func data(_ text: String) -> String? {
        if text == packaged || (text.hasPrefix("/") && text.count > 1) { return nil }
        return "'\(text)' is neither packaged nor an absolute path such as /srv/births.csv.gz"
    }

    private static func flag(_ text: String, _ what: String, _ file: String, _ template: Template) -> String? {
        guard ["true", "false"].contains(text) else { return "'\(text)' is neither true nor false" }
        if text == "false" || template.files[file] != nil { return nil }
        return "this template has no \(what) (no \(file)): answer false"
    }

    private static var forges: String { ForgeChoice.allCases.map(\.rawValue).joined(separator: ", ") }

    private static func forge(_ text: String) -> String? {
        if ForgeChoice(rawValue: text) != nil { return nil }
        let hint = nearest(to: text, among: ForgeChoice.allCases.map(\.rawValue)).map { ": did you mean '\($0)'?" }
        return "'\(text)' is not one of \(forges)" + (hint ?? "")
    }
}

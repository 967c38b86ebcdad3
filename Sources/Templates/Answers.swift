import Foundation
import Projects

/// The answers for a new project, validated.
public struct Answers: Sendable, Hashable {
    public let name: String
    /// Name of the registered model.
    public let model: String
    public let defaultBranch: String
    /// Pattern of the branches that are prod.
    public let releaseBranches: String
    /// `embedded`, or the URL of an MLflow server.
    public let registry: String
    /// The file or table of births; nil for the births that come with a package.
    public let births: String?
    public let featureStore: Bool
    public let spark: Bool
    public let forge: ForgeChoice
}

/// The forge of the project, which decides the CI files it gets.
public enum ForgeChoice: String, Sendable, Hashable, CaseIterable {
    case none, github, gitlab, gitea
    case azureDevOps = "azure-devops"
}

extension Answers {
    /// - Parameters:
    ///   - given: a map of answers. Missing ones get the defaults of `questions`.
    ///   - questions: the template's questions.
    /// - Throws: all mistakes; an unknown key comes with the nearest known one.
    public init(_ given: Node, to questions: [Question]) throws(Problems) {
        var problems = Shape.object(questions.map { .init($0.key, .string, $0.text) }).problems(in: given)
        var answers: [String: String] = [:]
        for question in questions {
            let node = given[question.key]
            let answer = node?.text ?? question.fallback(answers)
            answers[question.key] = answer
            if let complaint = question.complaint(answer) {
                problems.append(Problem(complaint, at: node?.mark, key: question.key))
            }
        }
        let branches = [answers["default_branch"] ?? "", answers["release_branches"] ?? ""]
        if Glob(branches[1]).overlaps(Glob(branches[0])) {
            problems.append(
                Problem(
                    "'\(branches[1])' covers the default branch '\(branches[0])', which is staging",
                    at: given["release_branches"]?.mark ?? given["default_branch"]?.mark, key: "release_branches",
                    hint: "a branch is either staging or prod: for example 'release/**'"))
        }
        guard problems.isEmpty else { throw Problems(problems) }
        self.init(checked: answers)
    }

    private init(checked answers: [String: String]) {
        name = answers["name"] ?? ""
        model = answers["model"] ?? ""
        defaultBranch = answers["default_branch"] ?? ""
        releaseBranches = answers["release_branches"] ?? ""
        registry = answers["registry"] ?? ""
        births = answers["data"].flatMap { $0 == Question.packaged ? nil : $0 }
        featureStore = answers["feature_store"] == "true"
        spark = answers["spark"] == "true"
        forge = answers["forge"].flatMap(ForgeChoice.init) ?? .none
    }

    /// Key and answer, in the order asked.
    var written: [(key: String, value: String)] {
        [
            ("name", name), ("model", model), ("default_branch", defaultBranch), ("release_branches", releaseBranches),
            ("registry", registry), ("data", births ?? Question.packaged), ("feature_store", String(featureStore)),
            ("spark", String(spark)), ("forge", forge.rawValue),
        ]
    }
}

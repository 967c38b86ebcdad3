/// The CI file of a forge and its path; nil for no forge.
///
/// It calls only `espalier`, so that the forge, the daemon and a person at a terminal run the same checks.
func continuousIntegration(_ answers: Answers) -> (path: String, text: String)? {
    let server = answers.registry == "embedded" ? ", and in ESPALIER_MLFLOW_PYTHON a Python with MLflow's server" : ""
    let remark = """
        # Checks every change on a runner of your own that has `espalier`, bubblewrap and the packages of
        # pipelines/requirements.txt on its PATH\(server). Training, the gate, promotion and schedules are the
        # daemon's.
        """
    let steps = ["espalier validate", "espalier run change unit-tests integration-tests"]
    switch answers.forge {
    case .none: return nil
    case .github, .gitea:
        let text = """
            \(remark)
            name: espalier
            on:
              pull_request:
              push: { branches: ["\(answers.defaultBranch)"] }
            jobs:
              check:
                runs-on: self-hosted
                steps:
                  - uses: actions/checkout@v4
            \(steps.map { "      - run: \($0)" }.joined(separator: "\n"))

            """
        return (".\(answers.forge.rawValue)/workflows/espalier.yml", text)
    case .gitlab:
        let text = """
            \(remark)
            check:
              tags: [espalier]
              rules:
                - if: $CI_PIPELINE_SOURCE == "merge_request_event"
                - if: $CI_COMMIT_BRANCH == "\(answers.defaultBranch)"
              script:
            \(steps.map { "    - \($0)" }.joined(separator: "\n"))

            """
        return (".gitlab-ci.yml", text)
    case .azureDevOps:
        let text = """
            \(remark)
            trigger: ["\(answers.defaultBranch)"]
            pool: espalier
            steps:
              - checkout: self
            \(steps.map { "  - script: \($0)" }.joined(separator: "\n"))

            """
        return ("azure-pipelines.yml", text)
    }
}

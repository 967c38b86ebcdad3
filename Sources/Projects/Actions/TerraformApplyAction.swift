import Formats

/// `terraform: { apply: … }`: applies the plan of an earlier step. `TerraformPlanAction` reads the key.
package struct TerraformApplyAction: ActionKind {
    package static let tag = "apply"

    /// The output `plan` of a planning step.
    package let plan: Reference
    /// Whether to apply only what the plan of a merged change showed.
    package let isShown: Bool

    private enum CodingKeys: String, CodingKey { case plan, isShown }

    package var sentence: String {
        "terraform apply of \(plan)\(isShown ? ", as far as changes have shown it" : "")"
    }
    package var isCommand: Bool { true }
    package var references: [Reference] { [plan] }
    package var reuse: ActionReuse { .never(reason: "it changes the infrastructure") }
    package var reasonToSkipLocally: String? { "a local run applies nothing: push" }
    package var reasonToSkipInChange: String? {
        "a change applies nothing: what it has planned is applied by a release"
    }
    package var onDatabricks: DatabricksTask { .none(missing: "run Terraform: it is what Terraform makes") }

    package func command(_ action: (String) -> Action?) -> String? {
        action(plan.step)?.as(TerraformPlanAction.self)?.infrastructure.applyCommand(planOf: plan.step)
    }

    package func problems(in step: Step, of steps: [Step], at mark: Mark?) -> [Problem] {
        let planner = steps.first { $0.name == plan.step }?.action.as(TerraformPlanAction.self)
        guard planner == nil || plan.output != Infrastructure.output else { return [] }
        return [
            Problem(
                "\(plan) is not a plan", at: mark, key: "steps.\(step.name).terraform.apply",
                hint: "name the output `plan` of a step with terraform: { plan: FOLDER }")
        ]
    }
}

import Formats

/// `terraform: { plan: FOLDER }`: plans a folder of Terraform configuration.
package struct TerraformPlanAction: ActionKind {
    package static let tag = "plan"
    package static let key: ActionKey? = terraformKey

    package let infrastructure: Infrastructure

    init(_ infrastructure: Infrastructure) {
        self.infrastructure = infrastructure
    }

    package init(from decoder: any Decoder) throws { infrastructure = try Infrastructure(from: decoder) }

    package init(format1 decoder: any Decoder) throws { infrastructure = try Infrastructure(unlabelled: decoder) }

    package func encode(to encoder: any Encoder) throws { try infrastructure.encode(to: encoder) }

    package var sentence: String { "terraform plan of \(infrastructure.place)" }
    package var isCommand: Bool { true }
    package var defaultInputs: [Glob] { [Glob("\(infrastructure.folder)/**")] }
    package var ownOutputs: [String] { [Infrastructure.output] }
    package var reuse: ActionReuse { .never(reason: "what there is may have changed") }
    package var plannedFrom: [String: String]? { ["place": infrastructure.place] }
    package var reasonToSkipIsolated: String? {
        "a change from outside has neither the state nor a network to plan with"
    }
    package var onDatabricks: DatabricksTask { .none(missing: "run Terraform: it is what Terraform makes") }

    package func command(_ action: (String) -> Action?) -> String? { infrastructure.planCommand }
}

/// `terraform:` selects one of two kinds.
private let terraformKey = ActionKey(
    "terraform",
    .object([
        .init("plan", .string, "folder of the configuration"),
        .init(
            "state", .string,
            "file in the environment's data for the state; default: the configuration's own backend"),
        .init("apply", .string, "what to apply: ${steps.NAME.outputs.plan}"),
        .init("shown", .flag, "apply only what the plan of a merged change showed; default true"),
    ]), "plan a folder of Terraform configuration, or apply the plan of an earlier step"
) { value, key, problems in
    guard (value["plan"] == nil) != (value["apply"] == nil) else {
        problems.append(
            Problem("Terraform plans or applies", at: value.mark, key: key, hint: "give exactly one of plan, apply"))
        return nil
    }
    for (own, other) in [("state", "apply"), ("shown", "plan")] where value[own] != nil && value[other] != nil {
        problems.append(
            Problem("'\(own)' has no effect beside '\(other)'", at: value[own]?.mark, key: "\(key).\(own)"))
    }
    if let apply = value["apply"] {
        return Reference(apply, key: "\(key).apply", &problems).map {
            TerraformApplyAction(plan: $0, isShown: value["shown"]?.flag ?? true)
        }
    }
    return Infrastructure(value, key: key, &problems).map(TerraformPlanAction.init)
}

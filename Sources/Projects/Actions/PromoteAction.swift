import Formats
import Promotion

/// `promote: { evidence: …, … }`: replaces the incumbent with the challenger if the evidence supports it.
package struct PromoteAction: ActionKind {
    package static let tag = "promote"
    package static let key: ActionKey? = ActionKey(
        "promote",
        .object(
            [.init("evidence", .string, required: true, "per-row scores: ${steps.NAME.outputs.OUTPUT}")]
                + RuleFields.all + [
                    .init(
                        "training_ids", .string,
                        "rows the challenger was trained on, one id per line: ${steps.NAME.outputs.OUTPUT}; none may be in the evidence"
                    )
                ]), "replace the incumbent with the challenger if the evidence supports it"
    ) { value, key, problems in
        guard let evidence = value["evidence"] else { return nil }
        let rules = readRules(value, key: key, &problems)
        guard let reference = Reference(evidence, key: "\(key).evidence", &problems) else { return nil }
        let training = value["training_ids"].flatMap { Reference($0, key: "\(key).training_ids", &problems) }
        return Self(evidence: reference, rules: rules, trainingIDs: training)
    }

    /// The output with the per-row scores.
    package let evidence: Reference
    package let rules: PromotionRules
    /// The output with the rows that the challenger was trained on.
    package let trainingIDs: Reference?

    private enum CodingKeys: String, CodingKey { case evidence, rules, trainingIDs }

    package var sentence: String { "promote by \(evidence)" }
    package var references: [Reference] { [evidence] + [trainingIDs].compactMap(\.self) }
    package var reuse: ActionReuse { .never(reason: "it changes the registry") }
    package var reasonToSkipLocally: String? { "a local run registers and promotes nothing: push" }
    package var reasonToSkipInChange: String? {
        "a change registers and promotes nothing: what it brings is registered after it is merged"
    }
    package var onDatabricks: DatabricksTask { .none(missing: "judge evidence: have a command move the alias") }
}

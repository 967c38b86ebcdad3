import Formats

/// `register: { model: … }`: registers what another step logged as a version of the environment's registered model.
package struct RegisterAction: ActionKind {
    package static let tag = "register"
    package static let key: ActionKey? = ActionKey(
        "register",
        .object([
            .init("model", .string, required: true, "model URI the step logged: ${steps.NAME.outputs.model_uri}")
        ]), "create a version of the environment's registered model"
    ) { value, key, problems in
        value["model"].flatMap { Reference($0, key: "\(key).model", &problems) }.map(Self.init(model:))
    }

    /// The output with the model's URI.
    package let model: Reference

    private enum CodingKeys: String, CodingKey { case model }

    package var sentence: String { "register \(model)" }
    package var references: [Reference] { [model] }
    package var reuse: ActionReuse { .never(reason: "it changes the registry") }
    package var reasonToSkipLocally: String? { "a local run registers and promotes nothing: push" }
    package var reasonToSkipInChange: String? {
        "a change registers and promotes nothing: what it brings is registered after it is merged"
    }
    package var onDatabricks: DatabricksTask { .none(missing: "register models for a step: have the command do it") }
}

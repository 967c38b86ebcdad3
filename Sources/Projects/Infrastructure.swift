/// A folder of Terraform configuration, and the location of its state.
public struct Infrastructure: Sendable, Hashable, Codable {
    /// Relative to the root of the commit.
    public let folder: String
    /// A file among the environment's data. Absent if the configuration names its own backend.
    public let state: String?

    private enum CodingKeys: String, CodingKey { case folder, state }

    public init(folder: String, state: String?) {
        self.folder = folder
        self.state = state
    }

    /// The output of a planning step: a folder with `plan.tfplan`, `plan.json` and `plan.txt`.
    public static let output = "plan"

    /// Identifies the state: plans with the same place are about the same state.
    public var place: String { state.map { "\(folder) (\($0))" } ?? folder }

    /// Makes Terraform write its plan to `$ESPALIER_OUTPUTS/plan`. Takes no lock: planning changes nothing, and the
    /// folder of the state may be read-only.
    public var planCommand: String {
        """
        \(preparation)
        mkdir "$ESPALIER_OUTPUTS/plan"
        terraform plan -no-color -lock=false -out="$ESPALIER_OUTPUTS/plan/plan.tfplan"
        terraform show -no-color "$ESPALIER_OUTPUTS/plan/plan.tfplan" > "$ESPALIER_OUTPUTS/plan/plan.txt"
        terraform show -json "$ESPALIER_OUTPUTS/plan/plan.tfplan" > "$ESPALIER_OUTPUTS/plan/plan.json"
        """
    }

    /// Makes Terraform apply exactly the plan of an earlier step.
    public func applyCommand(planOf step: String) -> String {
        """
        \(preparation)
        terraform apply -no-color "$ESPALIER_INPUTS/\(step)/plan/plan.tfplan"
        """
    }

    private var preparation: String {
        """
        set -eu
        if ! command -v terraform > /dev/null; then
            echo "espalier: terraform is not on the daemon's PATH" >&2
            exit 127
        fi
        export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1
        cd './\(folder)'
        \(state.map(Self.backend) ?? ":")
        terraform init -no-color
        \(state == nil ? Self.requireBackend : ":")
        """
    }

    /// A local backend keeps the states of other workspaces elsewhere, in folders that it creates when it plans.
    private static func backend(_ state: String) -> String {
        """
        if test "${TF_WORKSPACE:-default}" != default; then
            echo "espalier: state: FILE has one workspace: give each a file of its own, or declare a backend" >&2
            exit 1
        fi
        printf '{"terraform": {"backend": {"local": {"path": "%s"}}}}\\n' "$ESPALIER_DATA/\(state)" > espalier_override.tf.json
        """
    }

    /// Terraform records the backend that it was configured with, and nothing if it was given none.
    private static let requireBackend = """
        backend="${TF_DATA_DIR:-.terraform}/terraform.tfstate"
        if ! test -f "$backend" || grep -q '"type": *"local"' "$backend"; then
            echo "espalier: the state would be lost with the checkout: declare another backend than local, or say state: FILE" >&2
            exit 1
        fi
        """
}

extension Infrastructure {
    /// Both paths are inserted into a shell command unquoted, so only a few characters are allowed in them.
    init?(_ node: Node, key: String, _ problems: inout [Problem]) {
        for name in ["plan", "state"] {
            guard let path = node[name]?.text, !path.isPlainPath else { continue }
            problems.append(
                Problem(
                    "'\(path)' is not a path within \(name == "plan" ? "the repository" : "the environment's data")",
                    at: node[name]?.mark, key: "\(key).\(name)", hint: "letters, digits, and . _ - / in between"))
            return nil
        }
        guard let folder = node["plan"]?.text else { return nil }
        self.init(folder: folder, state: node["state"]?.text)
    }
}

extension String {
    fileprivate var isPlainPath: Bool {
        wholeMatch(of: /[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*/) != nil && !split(separator: "/").contains("..")
    }
}

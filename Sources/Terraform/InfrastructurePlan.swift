import Foundation

/// A Terraform plan, reduced to what decides whether two plans do the same.
public struct InfrastructurePlan: Sendable, Hashable, Codable {
    /// An action on one resource, or an action that a provider is asked to invoke.
    public struct Change: Sendable, Hashable, Codable {
        public let address: String
        /// `create`, `update`, `delete`; `delete` and `create`, in either order, for a replacement; `invoke`.
        public let actions: [String]
        /// SHA-256 of the values before and after, as far as they are known.
        public let digest: String
    }

    /// In Terraform's order, without resources that are only read.
    public let changes: [Change]
    /// SHA-256 of the configuration as Terraform reports it, with its modules. Terraform leaves out much of it, such as
    /// the texts of expressions.
    public let configuration: String

    /// Reads the output of `terraform show -json` for a saved plan. Source: Terraform, "JSON Output Format", format 1.
    ///
    /// - Parameter digest: SHA-256 as hexadecimal digits.
    /// - Throws: `UnreadablePlan`.
    public static func read(_ json: Data, digest: (String) -> String) throws -> InfrastructurePlan {
        guard let plan = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
            throw UnreadablePlan(description: "it is not JSON")
        }
        let format = plan["format_version"] as? String ?? "none"
        guard format.hasPrefix("1.") else {
            throw UnreadablePlan(description: "its format_version is \(format), and only 1 is known")
        }
        func sha256(_ values: [Any?]) throws -> String {
            let json = try JSONSerialization.data(withJSONObject: values.map { $0 ?? NSNull() }, options: .sortedKeys)
            return digest(String(decoding: json, as: UTF8.self))
        }
        let resources = try (plan["resource_changes"] as? [[String: Any]] ?? []).compactMap { resource -> Change? in
            guard let address = resource["address"] as? String, let change = resource["change"] as? [String: Any],
                let actions = change["actions"] as? [String]
            else { throw UnreadablePlan(description: "a resource change has no address or no actions") }
            guard actions != ["no-op"], actions != ["read"] else { return nil }
            // A deposed object has the address of the object that replaced it.
            let deposed = (resource["deposed"] as? String).map { " (deposed \($0))" } ?? ""
            return Change(
                address: address + deposed, actions: actions,
                digest: try sha256([change["before"], change["after"], change["after_unknown"]]))
        }
        // Actions that providers perform in addition, when invoked or because a resource changes.
        let invocations = try (plan["action_invocations"] as? [[String: Any]] ?? []).map { invocation in
            Change(
                address: invocation["address"] as? String ?? "an action", actions: ["invoke"],
                digest: try sha256([invocation]))
        }
        return InfrastructurePlan(changes: resources + invocations, configuration: try sha256([plan["configuration"]]))
    }

    /// `1 to add, 0 to change, 2 to destroy`, counted as Terraform counts.
    public var summary: String {
        "\(count("create")) to add, \(count("update")) to change, \(count("delete")) to destroy"
    }

    private func count(_ action: String) -> Int { changes.count { $0.actions.contains(action) } }

    /// The changes that none of the other plans makes in the same way.
    public func changes(notIn others: [InfrastructurePlan]) -> [Change] {
        let known = Set(others.flatMap(\.changes))
        return changes.filter { !known.contains($0) }
    }
}

public struct UnreadablePlan: Error, CustomStringConvertible {
    public let description: String
}

extension InfrastructurePlan {
    /// Why the plan may not be applied, if only changes that people have seen may be; nil if they have seen all of it.
    ///
    /// - Parameter shown: the plans of merged changes with the same configuration.
    public func obstacle(shownBy shown: [InfrastructurePlan], place: String, environment: String) -> String? {
        let unseen = changes(notIn: shown)
        guard let first = unseen.first else { return nil }
        guard !shown.isEmpty else {
            return
                "no merged change has shown a plan of \(place) with this configuration: add the same step to a pipeline with "
                + "on: { change: { environment: \(environment) } }, and propose a change"
        }
        let others = unseen.count > 1 ? ", nor \(unseen.count - 1) more" : ""
        return
            "no merged change has shown this \(first.actions.joined(separator: " and ")) of \(first.address)\(others): "
            + "the resources or their state have changed since; propose a change, whose plan will show it"
    }
}

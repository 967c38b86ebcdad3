import Foundation

extension InfrastructurePlan {
    /// A plan as the store keeps it; `nil` for what another version of Espalier has written.
    public init?(json: String) {
        guard let plan = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = plan
    }
}

import Digests
import Foundation
import Home
import Plans
import Projects
import Reading
import Terraform

/// More is no plan that anybody has looked at.
private let largestPlan = 64 << 20
/// What is kept of the text for people.
private let largestText = 256 << 10

/// Read what a step has planned: the record of it, and what it counts as having reported.
///
/// - Parameters:
///   - source: digest of what it was planned from.
///   - folder: its output `plan`.
/// - Throws: `DaemonError` when that is no plan.
func readInfrastructure(_ place: Infrastructure, from source: String, in folder: String) throws -> (
    InfrastructureRecord, [String: String]
) {
    func file(_ name: String) throws -> Data {
        // The folder itself may be a link that the step made: it is read from the folder above.
        let parts = folder.split(separator: "/")
        let above = "/" + parts.dropLast().joined(separator: "/")
        return Data(try readLeftFile("\(parts.last ?? "")/\(name)", in: above, atMost: largestPlan))
    }
    let plan: InfrastructurePlan
    do {
        plan = try InfrastructurePlan.read(try file("plan.json")) { sha256($0) }
    } catch let error as UnreadablePlan {
        throw DaemonError.refused("plan/plan.json is no plan: \(error)")
    }
    var text = String(decoding: try file("plan.txt").prefix(largestText), as: UTF8.self)
    if text.utf8.count >= largestText { text += "\n… and more: plan/plan.txt has it all" }
    let record = InfrastructureRecord(
        place: place.place, configuration: sha256(source + plan.configuration), body: try json(plan), text: text)
    return (record, ["plan": plan.summary])
}

private func json(_ plan: InfrastructurePlan) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(plan), as: UTF8.self)
}

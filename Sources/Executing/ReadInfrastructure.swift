import Digests
import Foundation
import Home
import Plans
import Projects
import Terraform

/// Maximum size of a plan in bytes. Nobody would review a larger one.
private let largestPlan = 64 << 20
/// How much of the text for people is kept, in bytes.
private let largestText = 256 << 10

/// Reads the plan of a step: its record, and the values that count as reported.
///
/// - Parameters:
///   - source: digest of the inputs of the plan.
///   - folder: the step's output `plan`.
/// - Throws: `DaemonError` if it is not a plan.
func readInfrastructure(_ place: Infrastructure, from source: String, in folder: String) throws -> (
    InfrastructureRecord, [String: String]
) {
    func file(_ name: String) throws -> Data {
        // The step may have made the folder itself a link, so it is read from the folder above.
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

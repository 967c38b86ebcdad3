import Events
import Foundation
import Git
import Home
import Notices
import Projects
import Reading
import Store
import Telling

extension Daemon {
    /// Sends a test message through a channel now.
    ///
    /// - Returns: the result, a line for each recipient.
    func testNotice(_ wanted: String, environment name: String, project projectName: String?) async throws
        -> String
    {
        let stored = try await store.project(named: projectName)
        let reader = ProjectReader(
            repository: try Repository(at: stored.repository), home: options.home, fallbackName: stored.name)
        guard let tip = try reader.defaultTip(), let project = try reader.trustedProject() else {
            throw DaemonError.refused("\(stored.name) has no default branch yet")
        }
        guard let environment = project.environment(named: name) else {
            throw DaemonError.unknown("environment", name, known: project.environments.map(\.name))
        }
        guard !environment.notify.isEmpty else {
            throw DaemonError.refused("environment '\(environment.name)' has no channels: add notify: to it")
        }
        guard let channel = environment.notify.first(where: { $0.name == wanted }) else {
            throw DaemonError.unknown("channel", wanted, known: environment.notify.map(\.name))
        }
        let notice = Notice(
            .test, project: project.name, environment: environment.name, branch: project.defaultBranch, pipeline: "",
            commit: tip.description, run: 0, at: Date())
        let deliveries = await withTaskGroup(of: (String, Delivery).self) { group in
            for recipient in channel.recipients {
                group.addTask { [courier] in
                    let key = UUID().uuidString.replacing("-", with: "").lowercased()
                    return (recipient, await courier.deliver(notice, through: channel, to: recipient, key: key))
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let lines = channel.recipients.map { recipient in
            let whom = recipient.isEmpty ? channel.name : recipient
            switch deliveries[recipient] {
            case .taken?: return "\(whom): sent"
            case .refused(let reason)?, .later(let reason, _)?: return "\(whom): not sent: \(reason)"
            case nil: return "\(whom): not sent"
            }
        }
        let said = lines.joined(separator: "\n")
        guard deliveries.values.allSatisfy({ $0 == .taken }) else { throw DaemonError.refused(said) }
        return said
    }
}

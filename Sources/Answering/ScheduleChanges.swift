import Executing
import Following
import Foundation
import Gating
import Git
import Home
import Plans
import Projects
import Promoting
import Reading
import Reports
import Schedules

extension WorkingTree {
    /// How a push of `branch` would change the schedules of its environment once its runs have passed. All schedules
    /// are new if no daemon has run in `home`.
    public func scheduleChanges(onPushOf branch: String, home: Home) async throws -> [ScheduleChangeReport] {
        let facts = try self.facts(forPushOf: branch)
        guard let environment = facts.project.environment(ofBranch: branch)?.name else { return [] }
        let planned = facts.project.schedules(in: environment)
        guard FileManager.default.fileExists(atPath: home.database) else {
            return differences(from: [:], to: planned, now: Date()).map(ScheduleChangeReport.init)
        }
        return try await Reporter(home: home).scheduleChanges(
            environment: environment, places: places(), planned: planned)
    }

    /// The path of the repository and the URLs of its remotes, with paths in the form that `adopt` writes.
    private func places() throws -> [String] {
        let repository = try Repository(at: folder)
        let remotes = try repository.remoteURLs().map { url in
            RepositoryAdopter.isURL(url) ? url : (try? Repository(at: url).gitDirectory) ?? url
        }
        return [repository.gitDirectory] + remotes
    }
}

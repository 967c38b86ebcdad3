import Following
import Foundation
import Git
import Home
import Plans
import Projects
import Promoting
import Reading
import Reports
import Schedules

extension WorkingTree {
    /// What a push of `branch` would change in the schedules of its environment after its runs passed. If no daemon has
    /// used `home` yet, all are new.
    public func scheduleChanges(onPushOf branch: String, home: Home) async throws -> [ScheduleChangeReport] {
        let facts = try self.facts(forPushOf: branch)
        guard let environment = facts.project.environment(ofBranch: branch)?.name else { return [] }
        let planned = facts.project.schedules(in: environment).mapValues(\.rule)
        guard FileManager.default.fileExists(atPath: home.database) else {
            return differences(from: [:], to: planned, now: Date()).map(ScheduleChangeReport.init)
        }
        return try await Reporter(home: home).scheduleChanges(
            environment: environment, places: places(), planned: planned)
    }

    /// The folder's own repository and its remotes; paths are in the form that `adopt` stores.
    private func places() throws -> [String] {
        let repository = try Repository(at: folder)
        let remotes = try repository.remoteURLs().map { url in
            RepositoryAdopter.isURL(url) ? url : (try? Repository(at: url).gitDirectory) ?? url
        }
        return [repository.gitDirectory] + remotes
    }
}

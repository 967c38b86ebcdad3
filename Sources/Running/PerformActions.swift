import Plans
import Projects
import Promoting
import Runs

/// How steps without a command run; a new kind is a row of `performers`. Each must be repeatable: if a daemon dies in
/// the middle, the next one does it again.
extension StepRunner {
    typealias Performer = @Sendable (StepRunner, PlannedStep, StoredRun, RunProgress) async throws -> StepResult?

    private static let performers: [Performer] = [
        row(RegisterAction.self) { runner, action, step, run, progress in
            try await ModelRegistrar(registry: try await runner.registry(run), home: runner.home)
                .register(action.model, step: step, of: run, progress: progress)
        },
        row(PromoteAction.self) { runner, action, step, run, progress in
            try await runner.promoter(of: run).promote(
                action.evidence, action.rules, action.trainingIDs, step: step, of: run, progress: progress)
        },
        row(RestoreAction.self) { runner, _, step, run, _ in
            try await runner.promoter(of: run).restore(step: step, of: run)
        },
    ]

    private static func row<Kind: ActionKind>(
        _ kind: Kind.Type,
        _ perform:
            @escaping @Sendable (StepRunner, Kind, PlannedStep, StoredRun, RunProgress) async throws -> StepResult
    ) -> Performer {
        { runner, step, run, progress in
            guard let action = step.action.as(kind) else { return nil }
            return try await perform(runner, action, step, run, progress)
        }
    }

    func perform(_ step: PlannedStep, _ run: StoredRun, _ progress: RunProgress) async throws -> StepResult {
        for perform in Self.performers {
            if let result = try await perform(self, step, run, progress) { return result }
        }
        return StepResult(outcome: .refused(reason: "this version does not know how to \(step.action)"))
    }
}

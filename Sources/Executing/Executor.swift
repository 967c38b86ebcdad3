import Home
import Plans
import Projects
import Runs

/// One attempt at one step of a run. Its description, `12.train.1`, names it wherever a name is needed, and is the same
/// after a restart.
package struct Attempt: Hashable, Sendable, CustomStringConvertible {
    package let run: Int64
    package let step: String
    /// From 1.
    package let number: Int

    package init(run: Int64, step: String, number: Int) {
        self.run = run
        self.step = step
        self.number = number
    }

    package var description: String { "\(run).\(step).\(number)" }
}

/// A command that is to be run for an attempt, with everything that its environment is made from.
package struct Job: Sendable {
    package let attempt: Attempt
    package let step: PlannedStep
    package let run: StoredRun
    /// Where the run stands: what its other steps reported.
    package let progress: RunProgress
    package let command: String
    /// Path of the repository that holds the run's tree.
    let repository: String
    /// Variables beyond the step's contract: tracking server, model versions.
    package let variables: [String: String]

    package init(
        attempt: Attempt, step: PlannedStep, run: StoredRun, progress: RunProgress, command: String, repository: String,
        variables: [String: String] = [:]
    ) {
        self.attempt = attempt
        self.step = step
        self.run = run
        self.progress = progress
        self.command = command
        self.repository = repository
        self.variables = variables
    }
}

/// Where commands run. `LocalExecutor` runs them on this machine.
///
/// What every executor promises, and one suite of tests (`ExecutorContractTests`) checks of each:
/// - an attempt is started at most once, whoever asks how often, also at the same moment, before and after a crash of the
///   daemon;
/// - an attempt that was started is found again by another process with the same home;
/// - the end of an attempt can be waited for any number of times; a cancelled wait leaves the attempt at work;
/// - a time limit is kept while no daemon runs;
/// - an attempt ends as one of `Outcome`'s cases, with what the step left.
package protocol Executor: Sendable {
    /// Commands that run at once.
    var slots: Int { get }

    /// Whether an attempt was ever started. If so, it is not started again.
    func wasStarted(_ attempt: Attempt) throws -> Bool

    /// Start a job, unless its attempt was started before.
    ///
    /// - Throws: `DaemonError` for what the step or its environment has to change; other errors mean that the
    ///   infrastructure failed.
    func start(_ job: Job) async throws

    /// Wait for the end of a job that was started, and take what it left.
    ///
    /// - Throws: `CancellationError` when the wait is cancelled; the job goes on.
    func result(of job: Job) async throws -> StepResult

    /// Ask an attempt to end. One that does not is killed after its grace period. Nothing happens where none is at work.
    func stop(_ attempt: Attempt)

    /// The last lines that an attempt printed, as they can be shown to people: at most 20, of 300 characters; empty where it
    /// printed nothing.
    func logTail(of attempt: Attempt) -> [String]

    /// Write lines where the output of the attempt's command would be: for steps without a command.
    func write(_ lines: [String], toLogOf attempt: Attempt) throws

    /// Lay out an earlier result as what the attempt left, each file checked.
    ///
    /// - Returns: the declared outputs, name → path; `nil` when the result is damaged.
    func restore(_ result: KeptResult, for attempt: Attempt) async throws -> [String: String]?
}

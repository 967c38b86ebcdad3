import Plans
import Runs

/// One attempt at one step of a run. Its description, `12.train.1`, identifies it everywhere and stays the same after a
/// restart.
package struct Attempt: Hashable, Sendable, CustomStringConvertible {
    package let run: Int64
    package let step: String
    /// Counts from 1.
    package let number: Int

    package init(run: Int64, step: String, number: Int) {
        self.run = run
        self.step = step
        self.number = number
    }

    package var description: String { "\(run).\(step).\(number)" }
}

extension RunProgress {
    /// The last attempt at a step, or its first one if none has started.
    ///
    /// - Parameter run: number of the run.
    package func lastAttempt(at step: String, of run: Int64) -> Attempt {
        Attempt(run: run, step: step, number: self[step].lastAttempt)
    }
}

/// A command to run for an attempt, with everything that determines its environment.
package struct Job: Sendable {
    package let attempt: Attempt
    package let step: PlannedStep
    package let run: StoredRun
    /// The progress of the run: what its other steps reported.
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
/// The contract of every executor, which `ExecutorContractTests` checks for each:
/// - an attempt is started at most once, however often and by whomever it is requested, concurrently, and before and after
///   a crash of the daemon;
/// - another process with the same home finds a started attempt again;
/// - the end of an attempt can be awaited any number of times; cancelling a wait leaves the attempt running;
/// - a time limit is enforced even while no daemon runs;
/// - an attempt ends as one of `Outcome`'s cases, with whatever the step left.
package protocol Executor: Sendable {
    /// How many commands run at once.
    var slots: Int { get }

    /// Whether an attempt was ever started. If so, it is not started again.
    func wasStarted(_ attempt: Attempt) throws -> Bool

    /// Starts a job, unless its attempt was started before.
    ///
    /// - Throws: `DaemonError` if the step or its environment must be changed. Other errors mean that the
    ///   infrastructure failed.
    func start(_ job: Job) async throws

    /// Waits for the end of a started job and collects its result.
    ///
    /// - Throws: `CancellationError` if the wait is cancelled; the job goes on.
    func result(of job: Job) async throws -> StepResult

    /// Asks an attempt to end. It is killed after its grace period. Does nothing if the attempt is not running.
    func stop(_ attempt: Attempt)

    /// The last lines that an attempt printed, safe to show to people: at most 20 of at most 300 characters each; empty if it
    /// printed nothing.
    func logTail(of attempt: Attempt) -> [String]

    /// Writes lines to the attempt's log. For steps without a command.
    func write(_ lines: [String], toLogOf attempt: Attempt) throws

    /// Adds a line to the attempt's log, which its command may be writing to as well.
    func append(_ line: String, toLogOf attempt: Attempt) throws

    /// Restores an earlier result as the outputs of the attempt. Verifies each file.
    ///
    /// - Parameter trust: of the attempt's run, which shares no file with runs of another level.
    /// - Returns: the declared outputs, name → path; `nil` if the result is damaged.
    func restore(_ result: KeptResult, for attempt: Attempt, trust: Trust) async throws -> [String: String]?
}

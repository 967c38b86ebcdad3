import Executing
import Plans
import Runs

/// Runs steps as a script says, in memory and at once. Another executor on the same machine finds the attempts of this one.
package struct ScriptedExecutor: Executor {
    package let machine: ScriptedMachine
    package let slots: Int

    package init(on machine: ScriptedMachine, slots: Int = 4) {
        self.machine = machine
        self.slots = slots
    }

    package func wasStarted(_ attempt: Attempt) throws -> Bool { machine.wasStarted(attempt) }

    package func start(_ job: Job) async throws { try machine.start(job) }

    package func result(of job: Job) async throws -> StepResult { try await machine.result(of: job.attempt) }

    package func stop(_ attempt: Attempt) { machine.stop(attempt) }

    package func logTail(of attempt: Attempt) -> [String] { machine.log(of: attempt) }

    package func write(_ lines: [String], toLogOf attempt: Attempt) throws { machine.write(lines, toLogOf: attempt) }

    package func append(_ line: String, toLogOf attempt: Attempt) throws {
        machine.write(machine.log(of: attempt) + [line], toLogOf: attempt)
    }

    package func restore(_ result: KeptResult, for attempt: Attempt, trust: Trust) async throws -> [String:
        String]?
    {
        machine.restore(result, for: attempt)
    }
}

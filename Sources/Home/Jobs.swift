/// Runs submitted jobs concurrently. Ended jobs leave nothing behind.
///
/// One owner calls `run()`. Jobs can be submitted from anywhere, also before that. Cancelling or stopping the owner
/// cancels the jobs.
package struct Jobs: Sendable {
    package typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let continuation: AsyncStream<Job>.Continuation

    package init() { (jobs, continuation) = AsyncStream.makeStream() }

    /// Submits a job. Ignored after `stop()`.
    package func start(_ job: @escaping Job) { continuation.yield(job) }

    /// Runs until stopped.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }

    /// Cancels running jobs. `run()` returns when they have ended.
    package func stop() { continuation.finish() }
}

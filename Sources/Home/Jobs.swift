/// Runs jobs that are handed in one by one, all at the same time. Nothing is kept of a job that has ended.
///
/// One owner calls `run()`; jobs may be handed in from anywhere, before it as well. A cancelled or stopped owner cancels
/// the jobs.
package struct Jobs: Sendable {
    package typealias Job = @Sendable () async -> Void

    private let jobs: AsyncStream<Job>
    private let continuation: AsyncStream<Job>.Continuation

    package init() { (jobs, continuation) = AsyncStream.makeStream() }

    /// Have a job run. Ignored once stopped.
    package func start(_ job: @escaping Job) { continuation.yield(job) }

    /// Serve until stopped.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }

    /// Cancel what is at work; `run()` returns when that has ended.
    package func stop() { continuation.finish() }
}

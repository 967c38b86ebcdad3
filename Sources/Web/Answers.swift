import Reports

/// Everything that the pages and the API ask for. The daemon implements it.
public protocol Answers: Sendable {
    func status() async throws -> StatusReport
    func board() async throws -> BoardReport
    /// Newest first; only runs older than `before` when it is given.
    func runs(branch: String?, environment: String?, before: Int64?, limit: Int) async throws -> [RunReport]
    /// `nil` when there is no such run.
    func run(_ id: Int64) async throws -> RunDetail?
    /// Bytes of a step's log from `offset`, at most `limit`; `nil` when there is no such log.
    func log(run: Int64, step: String, from offset: Int64, limit: Int) async throws -> LogPart?
    func changes() async throws -> [ChangeReport]
    /// `nil` when there is no such change.
    func change(_ number: Int64) async throws -> ChangeDetail?
    func models() async throws -> [ModelReport]
    func decisions() async throws -> [DecisionReport]
    func schedules() async throws -> [ScheduleReport]
    func backfills() async throws -> [BackfillReport]
}

/// Handles webhooks of forges. The daemon implements it.
public protocol Webhooks: Sendable {
    /// - Returns: the HTTP status, and a sentence that the forge shows in its list of deliveries.
    func receive(project: String, headers: [(name: String, value: String)], body: [UInt8]) async throws -> (
        status: Int, text: String
    )
}

/// A part of a step's log.
public struct LogPart: Sendable {
    public var bytes: [UInt8]
    /// Where the next part begins, in bytes from the start of the log.
    public var nextOffset: Int64
    /// The step has ended, and this is the end of its log.
    public var isOver: Bool

    public init(bytes: [UInt8], nextOffset: Int64, isOver: Bool) {
        self.bytes = bytes
        self.nextOffset = nextOffset
        self.isOver = isOver
    }
}

/// Says *that* something happened, never what. Rings that nobody has answered yet are one.
struct Bell: Sendable {
    /// One element for each time that somebody should look. For one listener.
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func ring() { continuation.yield() }

    /// No more rings: the listener's loop ends.
    func stop() { continuation.finish() }
}

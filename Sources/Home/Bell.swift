/// Says *that* something happened, never what. Rings that nobody has answered yet are one.
package struct Bell: Sendable {
    /// One element for each time that somebody should look. For one listener.
    package let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    package init() { (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    package func ring() { continuation.yield() }

    /// No more rings: the listener's loop ends.
    package func stop() { continuation.finish() }
}

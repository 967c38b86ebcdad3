/// Says *that* something happened, not what. Rings that nobody has answered yet are merged.
package struct Bell: Sendable {
    /// One element per ring, for a single listener.
    package let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    package init() { (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    package func ring() { continuation.yield() }

    /// Ends the listener's loop.
    package func stop() { continuation.finish() }
}

import Hummingbird
import Logging
import ServiceLifecycle

/// The daemon's pages and JSON API over HTTP.
public struct WebServer: Service {
    private let answers: any Answers
    private let webhooks: any Webhooks
    private let host: String
    private let port: Int
    private let logger: Logger
    private let bound: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - port: 0 lets the system choose a free one.
    ///   - bound: called once with the real port, when requests are being answered.
    public init(
        answers: any Answers, webhooks: any Webhooks, host: String, port: Int, logger: Logger,
        bound: @escaping @Sendable (Int) async -> Void
    ) {
        self.answers = answers
        self.webhooks = webhooks
        self.host = host
        self.port = port
        self.logger = logger
        self.bound = bound
    }

    /// Serve until graceful shutdown, or a second after cancellation: whoever is being answered has that long.
    public func run() async throws {
        let router = try makeRouter(answers: answers)
        ServeWebhooks(webhooks: webhooks).add(to: router)
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(host, port: port), serverName: "espalier"),
            onServerRunning: { [bound, port] channel in await bound(channel.localAddress?.port ?? port) },
            logger: logger)
        // In a task that is not cancelled with this one: what is cut off in the middle would be told as an error.
        let serving = Task { try await application.run() }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            Task {
                try? await Task.sleep(for: .seconds(1))
                serving.cancel()
            }
        }
    }
}

import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The daemon's pages and JSON API over HTTP.
public struct WebServer: Sendable {
    private let answers: any Answers
    private let webhooks: any Webhooks
    private let host: String
    private let port: UInt16
    private let published: String?
    private let limits: ConnectionLimits
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - host: a name or an address of this machine.
    ///   - port: 0 lets the system choose a free one.
    ///   - published: the public URL of the pages; its host is served, too.
    ///   - now: the clock that "5 min ago" is told by.
    public init(
        answers: any Answers, webhooks: any Webhooks, host: String, port: UInt16, published: String? = nil,
        logger: Logger, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.init(
            answers: answers, webhooks: webhooks, host: host, port: port, published: published, limits: .init(),
            logger: logger, now: now)
    }

    init(
        answers: any Answers, webhooks: any Webhooks, host: String, port: UInt16, published: String?,
        limits: ConnectionLimits, logger: Logger, now: @escaping @Sendable () -> Date
    ) {
        self.answers = answers
        self.webhooks = webhooks
        self.host = host
        self.port = port
        self.published = published
        self.limits = limits
        self.logger = logger
        self.now = now
    }

    private enum Ended<Value: Sendable>: Sendable {
        case server
        case body(Value)
    }

    /// Listen, then run `body`, and answer requests until `body` returns. Requests in flight at that moment, or when the
    /// task is cancelled, get one more second.
    ///
    /// - Parameter body: called once the server accepts requests, with the address of the pages:
    ///   `http://127.0.0.1:8420/`.
    /// - Returns: what `body` returns.
    /// - Throws: ``WebError`` if it cannot listen on the address (then `body` is not called), and what `body` throws.
    public func serve<Value: Sendable>(
        _ body: @escaping @Sendable (_ address: String) async throws -> Value
    ) async throws -> Value {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let server = server { listening.yield($0) }
        return try await withThrowingTaskGroup(of: Ended<Value>.self) { group in
            group.addTask {
                defer { listening.finish() }
                try await run(server)
                return .server
            }
            guard let port = await ports.first(where: { _ in true }) else {
                do {
                    _ = try await group.next()
                } catch {
                    throw WebError(listening: error, host: host, port: port)
                }
                throw CancellationError()
            }
            group.addTask { .body(try await body("http://\(authority(host, port))/")) }
            while let ended = try await group.next() {
                // On graceful shutdown the server may end before `body` does.
                guard case .body(let value) = ended else { continue }
                group.cancelAll()
                // Errors that the server throws now only concern requests that it cut off.
                _ = await group.nextResult()
                return value
            }
            throw CancellationError()
        }
    }

    private func server(listening: @escaping @Sendable (Int) -> Void) -> ServiceGroup {
        let router = makeRouter(answers: answers, now: now)
        ServeWebhooks(webhooks: webhooks).add(to: router)
        let hosts = AllowedHosts(host: host, published: published)
        let counts = ConnectionCounts()
        let application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        LimitConnection(limits: self.limits, counts: counts, hosts: hosts)
                    ])),
            configuration: .init(address: .hostname(host, port: Int(port)), serverName: "espalier"),
            onServerRunning: { [port] channel in listening(channel.localAddress?.port ?? Int(port)) },
            logger: logger)
        return ServiceGroup(configuration: .init(services: [application], logger: logger))
    }

    /// Runs until graceful shutdown. On cancellation, shuts down gracefully and gives up after a second.
    private func run(_ server: ServiceGroup) async throws {
        // Not cancelled with this task: a request that is cut off would be logged as an error.
        let serving = Task { try await server.run() }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            Task {
                await server.triggerGracefulShutdown()
                try? await Task.sleep(for: .seconds(1))
                serving.cancel()
            }
        }
    }
}

/// `127.0.0.1:8420`, `[::1]:8420`
private func authority(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
}

/// Why no pages can be served.
public enum WebError: Error, Sendable, CustomStringConvertible {
    /// `address` is `HOST:PORT`; `reason` says why, and what to do.
    case cannotListen(address: String, reason: String)

    public var description: String {
        switch self {
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        }
    }

    /// - Parameter error: why the server ended before it listened.
    init(listening error: any Error, host: String, port: UInt16) {
        let reason =
            switch error {
            case let error as IOError where error.errnoCode == EADDRINUSE:
                "another program uses this port; stop it, or choose another with --port (0 takes a free one)"
            case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
                "this machine has no such address; choose one of its own with --host (0.0.0.0 is all of them)"
            case let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM:
                "this user may not use this port; choose one above 1023 with --port"
            case let error as IOError: String(cString: strerror(error.errnoCode))
            case is SocketAddressError.UnknownHost: "no address is known for this name; choose another with --host"
            default: "\(error)"
            }
        self = .cannotListen(address: authority(host, Int(port)), reason: reason)
    }
}

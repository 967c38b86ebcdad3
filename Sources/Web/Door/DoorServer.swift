import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Listens on loopback, and passes requests on to the servers that its door names. Bodies pass while they come, in both
/// directions, and no faster than the other side takes them.
public struct DoorServer: Sendable {
    private let port: Int
    private let door: any Door
    private let logger: Logger
    private let client = BackClient()

    public init(port: Int, door: any Door, logger: Logger) {
        self.port = port
        self.door = door
        self.logger = logger
    }

    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Runs until it is cancelled.
    ///
    /// - Throws: ``WebError`` if it cannot listen.
    public func run() async throws {
        let server: NIOAsyncChannel<Connection, Never>
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(ChannelOptions.backlog, value: 256)
                .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(ChannelOptions.recvAllocator, value: largeReads)
                .childChannelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
                .bind(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: true)
                        try channel.pipeline.syncOperations.addHandlers(
                            IdleStateHandler(allTimeout: patience), EndIdle())
                        return try Connection(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw WebError(listening: error, host: "127.0.0.1", port: UInt16(port))
        }
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections { group.addTask { await serve(connection) } }
            }
        }
    }

    private func serve(_ connection: Connection) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                var parts = inbound.makeAsyncIterator()
                while case .head(let head)? = try await parts.next() {
                    let exchange = Exchange(head: head, door: door, client: client, outbound: outbound)
                    guard try await exchange.run(&parts), head.isKeepAlive else { return }
                }
            }
        } catch {
            logger.debug("a connection to the door ended: \(error)")
        }
    }
}

/// How long a connection may be silent.
let patience = TimeAmount.minutes(5)

/// Large pieces, because artifacts are large.
let largeReads = AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 1 << 14, maximum: 1 << 18)

/// Closes a connection that has been silent for too long.
final class EndIdle: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

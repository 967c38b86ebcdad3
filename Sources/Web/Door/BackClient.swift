import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A request on its way to the server behind us.
struct BackRequest {
    let forwarded: Forwarded
    /// The length of a streamed body; `nil` if the client does not say.
    var length: Int64?

    init(_ forwarded: Forwarded) { self.forwarded = forwarded }

    var head: HTTPRequestHead {
        var headers = HTTPHeaders([("Host", forwarded.server.authority), ("Connection", "close")])
        for (name, value) in forwarded.headers { headers.replaceOrAdd(name: name, value: value) }
        switch forwarded.body {
        case .none: break
        case .bytes(let bytes): headers.add(name: "Content-Length", value: "\(bytes.count)")
        case .streamed:
            if let length {
                headers.add(name: "Content-Length", value: "\(length)")
            } else {
                headers.add(name: "Transfer-Encoding", value: "chunked")
            }
        }
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: forwarded.method),
            uri: forwarded.server.prefix + forwarded.target, headers: headers)
    }
}

/// Why there is no answer of the server behind us.
struct BackError: Error, CustomStringConvertible {
    let description: String
    /// Whether something was sent already.
    var isLate = false

    var json: [UInt8] {
        let values = ["error_code": "TEMPORARILY_UNAVAILABLE", "message": description]
        return [UInt8]((try? JSONSerialization.data(withJSONObject: values)) ?? Data())
    }
}

/// Sends requests to servers behind us, each on a connection of its own.
struct BackClient: Sendable {
    typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// Passes a request on, and its answer back.
    ///
    /// - Returns: whether the client's connection can take another request.
    /// - Throws: ``BackError`` if nothing of an answer was written yet; another error ends the client's connection.
    func exchange(
        _ request: BackRequest, on connection: Connection, _ parts: inout Exchange.Parts,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws -> Bool {
        return try await connection.executeThenClose { answers, back in
            let isSent = try await send(request, &parts, back)
            var answers = answers.makeAsyncIterator()
            var isBegun = false
            do {
                while let part = try await answers.next() {
                    switch part {
                    case .head(let head):
                        // Interim answers are between us and the server.
                        guard head.status.code >= 200 else { continue }
                        isBegun = true
                        try await outbound.write(.head(passed(head)))
                    case .body(let piece): try await outbound.write(.body(.byteBuffer(piece)))
                    case .end:
                        guard isBegun else { continue }
                        try await outbound.write(.end(nil))
                        return isSent
                    }
                }
            } catch {
                if isBegun { throw error }
                throw BackError(
                    description: "the MLflow server at \(request.forwarded.server.authority) does not answer: \(error)",
                    isLate: true)
            }
            throw BackError(
                description: "the MLflow server at \(request.forwarded.server.authority) ended the connection "
                    + "without an answer", isLate: true)
        }
    }

    /// - Returns: whether the whole request was sent: a server may answer, and close, before it has read everything.
    private func send(
        _ request: BackRequest, _ parts: inout Exchange.Parts,
        _ back: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws -> Bool {
        do {
            try await back.write(.head(request.head))
            switch request.forwarded.body {
            case .none: break
            case .bytes(let bytes): try await back.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
            case .streamed:
                while case .body(let piece)? = try await parts.next() {
                    try await back.write(.body(.byteBuffer(piece)))
                }
            }
            try await back.write(.end(nil))
            return true
        } catch {
            return false
        }
    }

    /// Without what concerns only our connection to the server, or the server's own access.
    private func passed(_ head: HTTPResponseHead) -> HTTPResponseHead {
        let own: Set = [
            "connection", "keep-alive", "transfer-encoding", "upgrade", "trailer", "te", "set-cookie",
            "www-authenticate",
        ]
        let headers = head.headers.filter { !own.contains($0.name.lowercased()) }
        return HTTPResponseHead(
            version: .http1_1, status: head.status, headers: HTTPHeaders(headers.map { ($0.name, $0.value) }))
    }

    func connect(to server: BackServer) async throws -> Connection {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(ChannelOptions.recvAllocator, value: largeReads)
            .connectTimeout(.seconds(10))
        do {
            switch server.place {
            case .unixSocket(let path):
                return try await bootstrap.connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture { try speakHTTP(on: channel) }
                }
            case .tcp(let host, let port, let hasTLS):
                let (connection, trust) = try await bootstrap.connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let trust = hasTLS ? try secure(channel, for: host) : nil
                        return (try speakHTTP(on: channel), trust)
                    }
                }
                try await trust?.get()
                return connection
            }
        } catch {
            throw BackError(
                description: "the MLflow server at \(server.authority) cannot be reached: \(reason(error))")
        }
    }

    private func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            (error.connectionErrors.first?.error as? IOError).map { String(cString: strerror($0.errnoCode)) }
                ?? "its name \(error.host) is not known, or nobody answers there"
        default: "\(error)"
        }
    }
}

private func speakHTTP(on channel: any Channel) throws -> BackClient.Connection {
    try channel.pipeline.syncOperations.addHTTPClientHandlers()
    try channel.pipeline.syncOperations.addHandlers(IdleStateHandler(allTimeout: patience), EndIdle())
    return try BackClient.Connection(wrappingChannelSynchronously: channel)
}

private func secure(_ channel: any Channel, for host: String) throws -> EventLoopFuture<Void> {
    let done = channel.eventLoop.makePromise(of: Void.self)
    try channel.pipeline.syncOperations.addHandler(TLSClient(host: host, done: done))
    return done.futureResult
}

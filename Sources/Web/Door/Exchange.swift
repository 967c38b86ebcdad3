import NIOCore
import NIOHTTP1

/// One request through the door, and its answer.
struct Exchange {
    typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    let head: HTTPRequestHead
    let door: any Door
    let client: BackClient
    let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

    private var asked: DoorHead {
        DoorHead(
            method: head.method.rawValue, target: head.uri, authorization: head.headers.first(name: "authorization"),
            contentType: head.headers.first(name: "content-type"), accept: head.headers.first(name: "accept"))
    }

    /// - Returns: whether the connection can take another request.
    func run(_ parts: inout Parts) async throws -> Bool {
        switch await door.body(of: asked) {
        case .streamed: return try await answer(await door.route(asked, body: []), &parts, isRead: false)
        case .collected(let limit):
            var body: [UInt8] = []
            while case .body(let piece)? = try await parts.next() {
                guard body.count + piece.readableBytes <= limit else {
                    try await write(
                        413, json: Array(#"{"error_code":"BAD_REQUEST","message":"the request is too large"}"#.utf8))
                    return false
                }
                body += piece.readableBytesView
            }
            return try await answer(await door.route(asked, body: body), &parts, isRead: true)
        }
    }

    private func answer(_ route: DoorRoute, _ parts: inout Parts, isRead: Bool) async throws -> Bool {
        switch route {
        case .answer(let status, let json):
            // A client that is still sending would not see the answer.
            if !isRead { try await skip(&parts) }
            try await write(status, json: json)
            return true
        case .forward(let forwarded):
            var back = BackRequest(forwarded)
            if case .streamed = forwarded.body {
                back.length = head.headers.first(name: "content-length").flatMap { Int64($0) }
            }
            do {
                let connection = try await client.connect(to: forwarded.server)
                return try await client.exchange(back, on: connection, &parts, outbound)
            } catch let error as BackError {
                // Where a body was being passed on, it is not known what of it is still to come.
                if case .streamed = forwarded.body, error.isLate { return false }
                if !isRead { try await skip(&parts) }
                try await write(503, json: error.json)
                return true
            }
        }
    }

    private func skip(_ parts: inout Parts) async throws {
        while case .body? = try await parts.next() {}
    }

    private func write(_ status: Int, json: [UInt8]) async throws {
        let headers: HTTPHeaders = ["Content-Type": "application/json", "Content-Length": "\(json.count)"]
        try await outbound.write(
            .head(HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers))
        )
        if head.method != .HEAD { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: json)))) }
        try await outbound.write(.end(nil))
    }
}

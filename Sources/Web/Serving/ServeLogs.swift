import Hummingbird
import ServiceLifecycle

/// Logs of steps: a part, the whole, and a live stream.
struct ServeLogs: Sendable {
    let answers: any Answers
    /// Bytes read at once.
    private static let piece = 256 << 10

    func add(to router: Router<BasicRequestContext>) {
        router.get("api/runs/:id/steps/:step/log") { request, context in try await part(request, context) }
        router.get("api/runs/:id/steps/:step/follow") { request, context in try await follow(request, context) }
        router.get("runs/:id/steps/:step/log") { _, context in try await whole(context) }
    }

    /// The bytes from `?offset=N` on, at most 1 MiB (`?limit=`). `X-Next-Offset` is where the next part begins;
    /// `X-Log-Over: true` means that there is none.
    private func part(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let (run, step) = (try context.runID(), try context.stepName())
        let offset = try request.number("offset", in: 0...Int64.max) ?? 0
        let limit = try request.number("limit", in: 1...(1 << 20)) ?? 1 << 20
        guard let part = try await answers.log(run: run, step: step, from: offset, limit: limit) else {
            throw HTTPError.noLog(run, step)
        }
        var response = Response(
            status: .ok, headers: [.contentType: ContentType.plain.rawValue],
            body: .init(byteBuffer: ByteBuffer(bytes: part.bytes)))
        response.set("X-Next-Offset", String(part.nextOffset))
        response.set("X-Log-Over", String(part.isOver))
        return response
    }

    /// The whole log so far, as raw bytes.
    private func whole(_ context: BasicRequestContext) async throws -> Response {
        let (run, step) = (try context.runID(), try context.stepName())
        guard let first = try await answers.log(run: run, step: step, from: 0, limit: Self.piece) else {
            throw HTTPError.noLog(run, step)
        }
        let body = ResponseBody { [answers] writer in
            var part: LogPart? = first
            while let now = part, !now.bytes.isEmpty {
                try await writer.write(ByteBuffer(bytes: now.bytes))
                part =
                    now.isOver
                    ? nil : try await answers.log(run: run, step: step, from: now.nextOffset, limit: Self.piece)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: ContentType.plain.rawValue], body: body)
    }

    /// Server-sent events: `log` with lines, its id the offset after them; `end` when the step is over. Resumes from
    /// `Last-Event-ID`, else `?offset=N`. Lines are plain text, or with `?as=html` escaped and coloured HTML.
    private func follow(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let (run, step) = (try context.runID(), try context.stepName())
        let asked = try request.number("offset", in: 0...Int64.max) ?? 0
        let offset = request.header("Last-Event-ID").flatMap { Int64($0) }.map { max(0, $0) } ?? asked
        let inHTML = request.text("as") == "html"
        guard try await answers.log(run: run, step: step, from: offset, limit: 1) != nil else {
            throw HTTPError.noLog(run, step)
        }
        let moments = FollowedLog(answers: answers, run: run, step: step, offset: offset)
        let body = ResponseBody { writer in
            for try await moment in moments.cancelOnGracefulShutdown() {
                try await writer.write(ByteBuffer(string: moment.event(inHTML: inHTML)))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: ContentType.events.rawValue, .cacheControl: "no-store"], body: body)
    }
}

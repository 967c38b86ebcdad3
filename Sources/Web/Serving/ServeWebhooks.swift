import Hummingbird
import NIOCore

/// `POST /hooks/PROJECT`: webhooks of forges.
struct ServeWebhooks: Sendable {
    let webhooks: any Webhooks

    /// The largest body, in bytes: GitHub's own limit.
    static let largest = 25 << 20

    func add(to router: Router<BasicRequestContext>) {
        router.post("hooks/:project") { request, context in
            let project = try context.parameters.require("project")
            let body: ByteBuffer
            do {
                body = try await request.body.collect(upTo: Self.largest)
            } catch is NIOTooManyBytesError {
                throw HTTPError(.contentTooLarge, message: "a webhook has at most \(Self.largest) bytes")
            }
            let fields = request.headers.map { (name: $0.name.rawName, value: $0.value) }
            let answer = try await webhooks.receive(
                project: project, headers: fields, body: Array(body.readableBytesView))
            return Response(.plain, "\(answer.text)\n", status: .init(code: answer.status))
        }
    }
}

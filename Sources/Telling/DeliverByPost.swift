import Curl
import Digests
import Foundation
import Home
import Notices
import Projects

extension NoticeCourier {
    /// Posts a notice as JSON, signed if the channel says so.
    static func byPost(_ courier: NoticeCourier, _ outgoing: OutgoingNotice, _ webhook: WebhookChannel, _ curl: Curl)
        async throws -> Delivery
    {
        let document = try Document(
            outgoing.notice, id: outgoing.key, template: outgoing.channel.template, url: outgoing.url
        ).json()
        let url = webhook.url.contains("://") ? webhook.url : try variable(webhook.url).value
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("User-Agent", "espalier"), ("Idempotency-Key", outgoing.key),
            ("X-Espalier-Kind", outgoing.notice.kind.rawValue),
        ]
        if let name = webhook.secret {
            let code = hmac(.sha256, key: Array(try variable(name).value.utf8), document)
            headers.append(("X-Espalier-Signature-256", "sha256=" + code.map { String(format: "%02x", $0) }.joined()))
        }
        return try await courier.holding(document, as: outgoing.key) { file in
            await curl.post(file, to: url, headers: headers)
        }
    }
}

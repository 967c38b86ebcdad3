/// An address that gets a JSON document by POST.
package struct WebhookChannel: ChannelWay {
    package static let tag = "webhook"
    package static let noun = "a webhook"
    package static let field = Shape.Field(
        "webhook",
        .object([
            .init("url", .string, "URL to post JSON to, or the name of the daemon's variable that holds it"),
            .init("secret", .string, "name of the daemon's variable with the signing secret"),
        ]), "JSON posted to a URL; works with Slack, Mattermost and Teams as it is")

    /// `https://…`, or the name of the variable that holds the URL.
    package let url: String
    /// Name of the variable with the signing secret. Absent: the document is not signed.
    package let secret: String?

    private enum CodingKeys: String, CodingKey { case url, secret }

    package var recipients: [String] { [""] }

    package init?(_ node: Node) {
        guard let url = node["url"]?.text else { return nil }
        self.url = url
        secret = node["secret"]?.text
    }

    package static func problems(_ webhook: Node, key: String) -> [Problem] {
        guard let url = webhook["url"] else {
            return [Problem("'url' is missing", at: webhook.mark, key: key, hint: "the URL to post JSON to")]
        }
        var found = nameProblems(webhook["secret"], key: "\(key).secret")
        let text = url.text ?? ""
        if !text.contains("://") {
            found += nameProblems(url, key: "\(key).url", or: "an address such as https://chat.example.org/hooks/…")
        } else if !isAddress(text, schemes: ["https", "http"]) {
            found.append(
                Problem(
                    "'\(text)' is not a URL to post to", at: url.mark, key: "\(key).url",
                    hint: "write https://HOST/PATH, without a user name or password in it"))
        }
        return found
    }
}

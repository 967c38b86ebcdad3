/// Where a JSON document is posted.
package struct WebhookChannel: ChannelWay {
    package static let tag = "webhook"
    package static let noun = "a webhook"
    package static let field = Shape.Field(
        "webhook",
        .object([
            .init("url", .string, "where JSON is posted, or the name of the daemon's variable that holds the address"),
            .init("secret", .string, "name of the daemon's variable with what the post is signed with"),
        ]), "a post to an address: Slack, Mattermost and Teams take it as it is")

    /// `https://…`, or the name of the variable that holds it.
    package let url: String
    /// Name of the variable with what the document is signed with; absent for no signature.
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
            return [Problem("'url' is missing", at: webhook.mark, key: key, hint: "where JSON is posted")]
        }
        var found = nameProblems(webhook["secret"], key: "\(key).secret")
        let text = url.text ?? ""
        if !text.contains("://") {
            found += nameProblems(url, key: "\(key).url", or: "an address such as https://chat.example.org/hooks/…")
        } else if !isAddress(text, schemes: ["https", "http"]) {
            found.append(
                Problem(
                    "'\(text)' is no address to post to", at: url.mark, key: "\(key).url",
                    hint: "write https://HOST/PATH, and no name or password in it"))
        }
        return found
    }
}

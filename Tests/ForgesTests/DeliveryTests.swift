import Foundation
import Testing

@testable import Forges

@Test func theSenderIsToldByItsHeaders() throws {
    let empty = Array("{}".utf8)
    func kind(_ headers: HeaderFields) -> ForgeKind? {
        ForgeKind.identify(Delivery(headers: headers, body: empty))
    }
    #expect(kind(["x-github-event": "push"]) == .github)
    #expect(kind(["X-GitHub-Event": "push", "X-Gitea-Event": "push", "X-Gogs-Event": "push"]) == .gitea)
    #expect(kind(["X-GitHub-Event": "push", "X-Forgejo-Event": "push"]) == .gitea)
    #expect(kind(["X-Gitlab-Event": "Push Hook"]) == .gitlab)
    #expect(kind(["X-Event-Key": "repo:push", "X-Hub-Signature": "sha256=0"]) == nil, "Bitbucket")
    #expect(kind(["X-Gogs-Event": "push", "X-GitHub-Event": "push"]) == nil, "Gogs")
    #expect(kind([:]) == nil)
    for forge in ForgeKind.allCases {
        #expect(ForgeKind.identify(try Sample(kind: forge).moved(.opened)) == forge)
    }
}

@Test func headersAreReadWithoutRegardToCase() {
    let fields = HeaderFields([(key: "X-A", value: "1"), (key: "x-a", value: "2"), (key: "X-B", value: "")])
    #expect(fields["x-A"] == "1, 2")
    #expect(fields["X-B"] == nil)
    #expect(fields["X-C"] == nil)
}

@Test func aDeliveryHasAName() throws {
    func name(_ kind: ForgeKind, _ headers: HeaderFields, _ body: String = "{}") throws -> String? {
        try Sample(kind: kind).forge.deliveryID(of: Delivery(headers: headers, body: Array(body.utf8)))
    }
    #expect(try name(.github, ["X-GitHub-Delivery": "g"]) == "g")
    #expect(try name(.gitlab, ["X-Gitlab-Event-UUID": "u", "webhook-id": "w", "Idempotency-Key": "k"]) == "k")
    #expect(try name(.gitlab, ["X-Gitlab-Event-UUID": "u", "webhook-id": "w"]) == "w")
    #expect(try name(.gitlab, ["X-Gitlab-Event-UUID": "u"]) == "u")
    #expect(try name(.gitea, ["X-Gitea-Delivery": "t", "X-Forgejo-Delivery": "f"]) == "f")
    #expect(try name(.gitea, ["X-Gitea-Delivery": "t", "X-GitHub-Delivery": "g"]) == "t")
    #expect(try name(.azureDevOps, [:], #"{"eventType": "git.push", "id": "i", "notificationId": 4}"#) == "i/4")
    #expect(try name(.azureDevOps, [:], #"{"eventType": "git.push", "id": "i"}"#) == "i")
    for kind in ForgeKind.allCases { #expect(try name(kind, [:]) == nil) }
}

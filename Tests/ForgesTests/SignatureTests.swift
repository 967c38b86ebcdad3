import Foundation
import Testing

@testable import Forges

@Suite struct SignatureTests {
    private let body = Array("Hello, World!".utf8)
    private let secret = "It's a Secret to Everybody"

    private func isAuthentic(
        _ kind: ForgeKind, _ headers: HeaderFields, secret: String? = nil, allowsSHA1: Bool = false
    ) throws -> Bool {
        try Sample(kind: kind).forge.isAuthentic(
            Delivery(headers: headers, body: body), secret: secret ?? self.secret, allowsSHA1: allowsSHA1, hmac: hmac)
    }

    /// Source of the digits: docs.github.com, "Validating webhook deliveries".
    private let digits = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    @Test func gitHubSigns() throws {
        #expect(try isAuthentic(.github, ["X-Hub-Signature-256": "sha256=\(digits)"]))
        #expect(try !isAuthentic(.github, ["X-Hub-Signature-256": "sha256=\(digits)"], secret: "other"))
        #expect(try !isAuthentic(.github, ["X-Hub-Signature-256": digits]))
        #expect(try !isAuthentic(.github, ["X-Hub-Signature-256": "sha256=\(digits.uppercased())"]))
        #expect(try !isAuthentic(.github, ["X-Hub-Signature-256": "sha256="]))
        #expect(try !isAuthentic(.github, [:]))
    }

    @Test func sha1IsTakenOnlyWhenAllowedAndAlone() throws {
        let old = "sha1=" + hexadecimal(hmac(.sha1, Array(secret.utf8), body))
        #expect(try !isAuthentic(.github, ["X-Hub-Signature": old]))
        #expect(try isAuthentic(.github, ["X-Hub-Signature": old], allowsSHA1: true))
        let both: HeaderFields = ["X-Hub-Signature": old, "X-Hub-Signature-256": "sha256=\(zero)"]
        #expect(try !isAuthentic(.github, both, allowsSHA1: true), "the better one is wrong")
        #expect(try !isAuthentic(.gitea, ["X-Hub-Signature": old], allowsSHA1: true))
    }

    @Test func giteaSignsWithoutPrefix() throws {
        #expect(try isAuthentic(.gitea, ["X-Gitea-Signature": digits]))
        #expect(try isAuthentic(.gitea, ["X-Forgejo-Signature": digits]))
        #expect(try isAuthentic(.gitea, ["X-Hub-Signature-256": "sha256=\(digits)"]))
        let wrong = String(digits.reversed())
        #expect(try !isAuthentic(.gitea, ["X-Gitea-Signature": wrong, "X-Hub-Signature-256": "sha256=\(digits)"]))
    }

    @Test func gitLabBringsItsToken() throws {
        #expect(try isAuthentic(.gitlab, ["X-Gitlab-Token": secret]))
        #expect(try !isAuthentic(.gitlab, ["X-Gitlab-Token": secret + " "]))
        #expect(try !isAuthentic(.gitlab, ["X-Gitlab-Token": String(secret.dropLast())]))
        #expect(try !isAuthentic(.gitlab, [:]))
        #expect(try !isAuthentic(.gitlab, ["X-Gitlab-Token": "whsec_AAAA"], secret: "whsec_AAAA"), "it has to sign")
    }

    @Test func gitLabSignsWithATime() throws {
        let key: [UInt8] = [1, 2, 3]
        let code = hmac(.sha256, key, Array("m1.1700000000.Hello, World!".utf8))
        let right = "v1,\(Data(code).base64EncodedString())"
        let signing = "whsec_\(Data(key).base64EncodedString())"
        func headers(_ signature: String, time: String = "1700000000", id: String = "m1") -> HeaderFields {
            ["webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature]
        }
        #expect(try isAuthentic(.gitlab, headers(right), secret: signing))
        #expect(try isAuthentic(.gitlab, headers("v1,AAAA \(right) v1a,BBBB"), secret: signing))
        #expect(try !isAuthentic(.gitlab, headers("v1,AAAA"), secret: signing))
        #expect(try !isAuthentic(.gitlab, headers(right, time: "1700000001"), secret: signing))
        #expect(try !isAuthentic(.gitlab, headers(right, id: "m2"), secret: signing))
        #expect(try !isAuthentic(.gitlab, headers(right), secret: "whsec_"))
        #expect(try !isAuthentic(.gitlab, headers(right), secret: "whsec_!"))
        let forge = try Sample(kind: .gitlab).forge
        let delivery = Delivery(headers: headers(right), body: body)
        #expect(forge.signingTime(of: delivery) == 1_700_000_000)
        for now: Int64 in [1_700_000_000, 1_700_000_300, 1_699_999_700] {
            #expect(forge.isFresh(delivery, now: now), "\(now)")
        }
        for now: Int64 in [1_700_000_301, 1_699_999_699, .min, .max] {
            #expect(!forge.isFresh(delivery, now: now), "\(now)")
        }
        #expect(forge.isFresh(Delivery(headers: [:], body: body), now: 0), "a plain token has no time")
    }

    @Test func azureDevOpsBringsNameAndPassword() throws {
        func basic(_ pair: String) -> HeaderFields {
            ["Authorization": "Basic \(Data(pair.utf8).base64EncodedString())"]
        }
        #expect(try isAuthentic(.azureDevOps, basic("bot:p4ss"), secret: "bot:p4ss"))
        #expect(try isAuthentic(.azureDevOps, basic("any:p4ss"), secret: "p4ss"))
        #expect(try isAuthentic(.azureDevOps, basic(":p4ss"), secret: "p4ss"))
        #expect(try !isAuthentic(.azureDevOps, basic("eve:p4ss"), secret: "bot:p4ss"))
        #expect(try !isAuthentic(.azureDevOps, basic("bot:pass"), secret: "p4ss"))
        #expect(try !isAuthentic(.azureDevOps, basic("p4ss"), secret: "p4ss"))
        #expect(try !isAuthentic(.azureDevOps, ["Authorization": "Bearer p4ss"], secret: "p4ss"))
        #expect(try !isAuthentic(.azureDevOps, ["Authorization": "Basic ###"], secret: "p4ss"))
        #expect(try !isAuthentic(.azureDevOps, [:], secret: "p4ss"))
    }

    @Test(arguments: ForgeKind.allCases) func anEmptySecretLetsNobodyIn(_ kind: ForgeKind) throws {
        let digits = hexadecimal(hmac(.sha256, [], body))
        let headers: HeaderFields = [
            "X-Hub-Signature-256": "sha256=\(digits)", "X-Gitea-Signature": digits, "X-Gitlab-Token": "",
            "Authorization": "Basic Og==",
        ]
        #expect(try !isAuthentic(kind, headers, secret: "", allowsSHA1: true))
        #expect(try !isAuthentic(kind, ["X-Hub-Signature-256": "sha256=\(digits)"], secret: ""))
    }

    @Test func comparingLooksAtEveryByte() {
        let text = Array("0123456789abcdef".utf8)
        #expect(isEqualInConstantTime(text, text))
        for index in text.indices {
            var other = text
            other[index] ^= 1
            #expect(!isEqualInConstantTime(text, other))
        }
        #expect(!isEqualInConstantTime(text, Array(text.dropLast())))
        #expect(isEqualInConstantTime("", ""))
    }
}

import Foundation
import Testing

@testable import Forges

/// Published signatures are valid, but not with another body, signature or signed header.
@Suite(.enabled(if: Recordings.found != nil, "the recorded payloads are not there: set ESPALIER_SHARED"))
struct SignatureVectorTests {
    struct Vector: Decodable {
        let forge: String
        let body: String?
        let file: String?
        let secret: String
        let header: String
        let value: String
        let webhook_id: String?
        let webhook_timestamp: String?

        var kind: ForgeKind? { forge.hasPrefix("standard_webhooks") ? .gitlab : ForgeKind(recorded: forge) }

        var signed: [String: String] {
            ["webhook-id": webhook_id, "webhook-timestamp": webhook_timestamp, header: value].compactMapValues { $0 }
        }
    }

    private struct Vectors: Decodable {
        let text_vectors: [Vector]
        let file_vectors: [Vector]
    }

    @Test func everyVectorHoldsAndNothingElse() throws {
        let recordings = try #require(Recordings.found)
        let all = try JSONDecoder().decode(Vectors.self, from: Data(recordings.bytes("signature_vectors.json")))
        var checked = 0
        for vector in all.text_vectors + all.file_vectors {
            guard let kind = vector.kind else { continue }
            let body = try vector.file.map(recordings.bytes) ?? Array((vector.body ?? "").utf8)
            try check(vector, kind, body)
            checked += 1
        }
        #expect(checked == 7)
    }

    private func check(_ vector: Vector, _ kind: ForgeKind, _ body: [UInt8]) throws {
        let forge = try Sample(kind: kind).forge
        func holds(_ headers: [String: String], _ body: [UInt8], sha1: Bool = true) -> Bool {
            let delivery = Delivery(headers: HeaderFields(headers), body: body)
            return forge.isAuthentic(delivery, secret: vector.secret, allowsSHA1: sha1, hmac: hmac)
        }
        #expect(holds(vector.signed, body))
        #expect(holds(vector.signed, body, sha1: false) == (vector.header != "X-Hub-Signature"))
        #expect(!holds([:], body))
        #expect(!holds(vector.signed, body + [32]) && !holds(vector.signed, Array(body.dropLast())))
        for position in body.indices {
            var other = body
            other[position] ^= 1 << UInt8(position % 8)
            if holds(vector.signed, other) { Issue.record("\(vector.header): byte \(position) is not covered") }
        }
        for (name, text) in vector.signed {
            for position in text.utf8.indices {
                for bit in 0..<7 {
                    var bytes = Array(text.utf8)
                    bytes[text.utf8.distance(from: text.utf8.startIndex, to: position)] ^= 1 << UInt8(bit)
                    let other = vector.signed.merging([name: String(decoding: bytes, as: UTF8.self)]) { $1 }
                    if holds(other, body) { Issue.record("\(name): '\(text)' and '\(other[name] ?? "")' both hold") }
                }
            }
        }
    }
}

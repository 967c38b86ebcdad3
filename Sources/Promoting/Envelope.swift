import Digests
import Foundation
import Home

/// DSSE: a payload with its signature. Source: github.com/secure-systems-lab/dsse.
struct Envelope: Codable {
    struct Signature: Codable {
        let keyid: String
        let sig: String
    }

    static let type = "application/vnd.in-toto+json"

    let payloadType: String
    let payload: String
    let signatures: [Signature]

    /// - Parameter keyid: identifies the key to readers.
    init(signing statement: some Encodable, with key: SigningKey, keyid: String) throws {
        let payload = [UInt8](try canonicalJSON(statement))
        let signature = key.sign(Self.signed(payload))
        guard !signature.isEmpty else { throw DaemonError.unusable("the environment's key does not sign") }
        payloadType = Self.type
        self.payload = Data(payload).base64EncodedString()
        signatures = [Signature(keyid: keyid, sig: Data(signature).base64EncodedString())]
    }

    /// The statement, if it is signed by this key.
    func statement<Statement: Decodable>(_: Statement.Type, signedBy key: SigningKey) -> Statement? {
        guard payloadType == Self.type, let payload = Data(base64Encoded: payload) else { return nil }
        let message = Self.signed([UInt8](payload))
        let isSigned = signatures.contains { signature in
            Data(base64Encoded: signature.sig).map { key.hasSigned(message, [UInt8]($0)) } ?? false
        }
        return isSigned ? try? JSONDecoder().decode(Statement.self, from: payload) : nil
    }

    /// The signed bytes: DSSE's pre-authentication encoding.
    private static func signed(_ payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }
}

/// Encodes equal values to equal bytes.
func canonicalJSON(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
}

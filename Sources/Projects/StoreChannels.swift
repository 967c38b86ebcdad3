import Formats

// Stored format of a channel's way of delivery in plans. Golden files of every format: Tests/StoreTests/Golden.

extension Channel.Way: Codable {
    public init(from decoder: any Decoder) throws {
        let stored = try StoredCase(decoder)
        switch stored.kind {
        case "webhook": self = .webhook(try stored.value("webhook", old: "_0"))
        case "email": self = .email(try stored.value("email", old: "_0"))
        default: throw stored.unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .webhook(let webhook): try encodeCase("webhook", ["webhook": webhook], to: encoder)
        case .email(let email): try encodeCase("email", ["email": email], to: encoder)
        }
    }
}

import Curl
import Foundation
import Home
import Notices
import Projects

/// One notice on its way to one recipient.
struct OutgoingNotice: Sendable {
    let notice: Notice
    let channel: Channel
    /// Empty if the channel has no named recipients.
    let recipient: String
    /// The same on every attempt: 32 hexadecimal digits.
    let key: String
    /// The page about it. Absent until the pages can be requested.
    let url: String?
}

/// Delivers one notice to one recipient, once, and returns the result.
package struct NoticeCourier: Sendable {
    typealias Deliverer = @Sendable (NoticeCourier, OutgoingNotice, Curl) async throws -> Delivery?

    /// How each kind of channel delivers.
    static let deliverers: [Deliverer] = [row(WebhookChannel.self, byPost), row(MailChannel.self, byMail)]

    let home: Home
    let address: PageAddress

    package init(home: Home, address: PageAddress) {
        self.home = home
        self.address = address
    }

    /// - Parameters:
    ///   - recipient: mail address; empty for a webhook.
    ///   - key: the same on every attempt: 32 hexadecimal digits.
    package func deliver(_ notice: Notice, through channel: Channel, to recipient: String, key: String) async
        -> Delivery
    {
        guard let curl = Curl() else {
            return .later(reason: "this machine has no curl: apt-get install curl", wait: nil)
        }
        let url = notice.about == .test ? address.current : address.current.map { "\($0)runs/\(notice.run)" }
        let outgoing = OutgoingNotice(notice: notice, channel: channel, recipient: recipient, key: key, url: url)
        do {
            for deliver in Self.deliverers {
                if let delivery = try await deliver(self, outgoing, curl) { return delivery }
            }
            return .refused(reason: "this version cannot deliver by it")
        } catch {
            // May be fixed: a missing variable at the next start, a full disk by freeing space.
            return .later(reason: "\(error)", wait: nil)
        }
    }

    /// The secret in a variable of the daemon. Only variables are allowed, because the name comes from a repository.
    static func variable(_ name: String) throws -> Secret {
        guard let source = EnvironmentSecret(name) else { throw DaemonError.unusable("'\(name)' names no variable") }
        return try source.read()
    }

    /// Runs `work` with a file that nobody else can read, and removes the file afterwards.
    func holding(_ bytes: [UInt8], as name: String, _ work: (String) async -> Delivery) async throws
        -> Delivery
    {
        let file = "\(home.outgoing)/\(name)"
        let isWritten = FileManager.default.createFile(
            atPath: file, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        defer { try? FileManager.default.removeItem(atPath: file) }
        guard isWritten else { throw DaemonError.unusable("\(file) cannot be written") }
        return await work(file)
    }

    private static func row<Kind: ChannelWay>(
        _ kind: Kind.Type,
        _ deliver: @escaping @Sendable (NoticeCourier, OutgoingNotice, Kind, Curl) async throws -> Delivery
    ) -> Deliverer {
        { courier, outgoing, curl in
            guard let way = outgoing.channel.way.as(kind) else { return nil }
            return try await deliver(courier, outgoing, way, curl)
        }
    }
}

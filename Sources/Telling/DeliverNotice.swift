import Curl
import Foundation
import Home
import Notices
import Projects

/// One notice on its way to one recipient.
struct OutgoingNotice: Sendable {
    let notice: Notice
    let channel: Channel
    /// Empty where the way names nobody.
    let recipient: String
    /// The same whenever the same notice is sent: 32 hexadecimal digits.
    let key: String
    /// The page that it is about; absent until the pages can be asked for.
    let url: String?
}

/// Delivers one notice to one recipient, once, and says what came of it.
package struct NoticeCourier: Sendable {
    typealias Deliverer = @Sendable (NoticeCourier, OutgoingNotice, Curl) async throws -> Delivery?

    /// How each way of a channel delivers.
    static let deliverers: [Deliverer] = [row(WebhookChannel.self, byPost), row(MailChannel.self, byMail)]

    let home: Home
    let address: PageAddress

    package init(home: Home, address: PageAddress) {
        self.home = home
        self.address = address
    }

    /// - Parameters:
    ///   - recipient: mail address; empty for a webhook.
    ///   - key: the same for every attempt at a notice: 32 hexadecimal digits.
    package func deliver(_ notice: Notice, through channel: Channel, to recipient: String, key: String) async
        -> Delivery
    {
        guard let curl = Curl() else {
            return .later(reason: "this machine has no curl: apt-get install curl", wait: nil)
        }
        let url = notice.about == .test ? address.current : address.current.map { "\($0)runs/\(notice.run)" }
        let letter = OutgoingNotice(notice: notice, channel: channel, recipient: recipient, key: key, url: url)
        do {
            for deliver in Self.deliverers {
                if let delivery = try await deliver(self, letter, curl) { return delivery }
            }
            return .refused(reason: "this version cannot deliver by it")
        } catch {
            // Can be fixed: a missing variable by the next start, a full disk by free space.
            return .later(reason: "\(error)", wait: nil)
        }
    }

    /// The secret in a variable of the daemon. A repository names it, so it can be nothing but a variable.
    static func variable(_ name: String) throws -> Secret {
        guard let source = EnvironmentSecret(name) else { throw DaemonError.unusable("'\(name)' names no variable") }
        return try source.read()
    }

    /// Do something with a file that nobody else can read, and that is gone afterwards.
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
        { courier, letter, curl in
            guard let way = letter.channel.way.as(kind) else { return nil }
            return try await deliver(courier, letter, way, curl)
        }
    }
}

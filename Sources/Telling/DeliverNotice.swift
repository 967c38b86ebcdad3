import Curl
import Digests
import Foundation
import Home
import Notices
import Projects

/// Delivers one notice to one recipient with a single attempt, and returns the result.
package struct NoticeCourier: Sendable {
    let home: Home
    let address: PageAddress

    package init(home: Home, address: PageAddress) {
        self.home = home
        self.address = address
    }

    /// - Parameters:
    ///   - recipient: address of a mail; empty for a webhook.
    ///   - key: idempotency key, the same for every attempt: 32 hexadecimal digits.
    package func deliver(_ notice: Notice, through channel: Channel, to recipient: String, key: String) async
        -> Delivery
    {
        guard let curl = Curl() else {
            return .later(reason: "this machine has no curl: apt-get install curl", wait: nil)
        }
        let url = notice.about == .test ? address.current : address.current.map { "\($0)runs/\(notice.run)" }
        do {
            switch channel.way {
            case .webhook(let webhook):
                return try await post(
                    try Document(notice, id: key, template: channel.template, url: url).json(), to: webhook, notice,
                    key,
                    curl)
            case .email(let email):
                let letter = Letter(
                    from: email.from, to: recipient, subject: notice.title,
                    text: channel.template == nil
                        ? notice.body(url: url) : notice.text(template: channel.template, url: url, id: key),
                    id: key, date: notice.at)
                return try await send(letter, through: email, key, curl)
            }
        } catch {
            // These errors can pass: a restart can bring the missing variable, a full disk can get space again.
            return .later(reason: "\(error)", wait: nil)
        }
    }

    private func post(_ document: [UInt8], to webhook: Channel.Webhook, _ notice: Notice, _ key: String, _ curl: Curl)
        async throws -> Delivery
    {
        let url = webhook.url.contains("://") ? webhook.url : try secret(webhook.url)
        var headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("User-Agent", "espalier"), ("Idempotency-Key", key),
            ("X-Espalier-Kind", notice.kind.rawValue),
        ]
        if let name = webhook.secret {
            let code = hmac(.sha256, key: Array(try secret(name).utf8), document)
            headers.append(("X-Espalier-Signature-256", "sha256=" + code.map { String(format: "%02x", $0) }.joined()))
        }
        return try await holding(document, as: key) { file in
            await curl.post(file, to: url, headers: headers)
        }
    }

    private func send(_ letter: Letter, through email: Channel.Email, _ key: String, _ curl: Curl) async throws
        -> Delivery
    {
        var login: (user: String, password: String)?
        if let user = email.user, let password = email.password { login = (try secret(user), try secret(password)) }
        return try await holding(Array(letter.message.utf8), as: key) {
            await curl.mail(
                $0, from: letter.from, to: letter.to, server: email.server, login: login,
                isEncrypted: email.isEncrypted)
        }
    }

    /// Do something with a file that only this user can read, and remove it afterwards.
    private func holding(_ bytes: [UInt8], as name: String, _ work: (String) async -> Delivery) async throws
        -> Delivery
    {
        let file = "\(home.outgoing)/\(name)"
        let isWritten = FileManager.default.createFile(
            atPath: file, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        defer { try? FileManager.default.removeItem(atPath: file) }
        guard isWritten else { throw DaemonError.unusable("\(file) cannot be written") }
        return await work(file)
    }

    /// - Parameter name: name of a variable in the daemon's environment.
    private func secret(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw DaemonError.unusable("the daemon has no variable \(name): start it with that")
        }
        return value
    }
}

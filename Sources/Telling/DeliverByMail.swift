import Curl
import Home
import Notices
import Projects

extension NoticeCourier {
    /// Sends a notice by SMTP.
    static func byMail(_ courier: NoticeCourier, _ outgoing: OutgoingNotice, _ email: MailChannel, _ curl: Curl)
        async throws -> Delivery
    {
        let (notice, template) = (outgoing.notice, outgoing.channel.template)
        let letter = Letter(
            from: email.from, to: outgoing.recipient, subject: notice.title,
            text: template == nil
                ? notice.body(url: outgoing.url) : notice.text(template: template, url: outgoing.url, id: outgoing.key),
            id: outgoing.key, date: notice.at)
        var login: (user: String, password: String)?
        if let user = email.user, let password = email.password {
            login = (try variable(user).value, try variable(password).value)
        }
        return try await courier.holding(Array(letter.message.utf8), as: outgoing.key) {
            await curl.mail(
                $0, from: letter.from, to: letter.to, server: email.server, login: login,
                isEncrypted: email.isEncrypted)
        }
    }
}

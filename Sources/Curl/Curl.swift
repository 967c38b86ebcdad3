import Foundation
import Notices
import Programs

/// The curl program. It posts documents and sends mail, each in a process of its own with a time limit.
public struct Curl: Sendable {
    private let program: String
    private let seconds: Int

    /// - Parameter seconds: the timeout of one attempt.
    /// - Returns: nil if this machine has no curl.
    public init?(seconds: Int = 30) {
        guard let program = Self.program else { return nil }
        self.program = program
        self.seconds = seconds
    }

    /// The path of curl.
    public static var program: String? { Program.find("curl") }

    /// Posts a document.
    ///
    /// - Parameters:
    ///   - url: `http://…` or `https://…`. Redirects are not followed.
    ///   - file: path of the document.
    public func post(_ file: String, to url: String, headers: [(name: String, value: String)]) async -> Delivery {
        let answer = await perform(
            [
                ("url", url), ("proto", "=http,https"), ("data-binary", "@\(file)"),
                ("write-out", "%{stderr}\nstatus %{response_code} %header{retry-after}\n"),
            ] + headers.map { ("header", "\($0.name): \($0.value)") })
        guard answer.status > 0 else { return .later(reason: answer.trouble, wait: nil) }
        return .http(status: answer.status, said: answer.said, retryAfter: answer.retryAfter)
    }

    /// Sends a mail to a server.
    ///
    /// - Parameters:
    ///   - file: path of the message in the format of RFC 5322.
    ///   - server: `smtp://HOST:PORT` or `smtps://HOST:PORT`.
    ///   - isEncrypted: whether an `smtp://` server must switch to TLS before anything else is sent.
    public func mail(
        _ file: String, from: String, to: String, server: String, login: (user: String, password: String)?,
        isEncrypted: Bool
    ) async -> Delivery {
        var options = [
            ("url", server), ("proto", "=smtp,smtps"), ("mail-from", from), ("mail-rcpt", to), ("upload-file", file),
            ("write-out", "%{stderr}\nstatus %{response_code} \n"),
        ]
        if let login { options.append(("user", "\(login.user):\(login.password)")) }
        if isEncrypted { options.append(("ssl-reqd", "")) }
        let answer = await perform(options)
        return answer.code == 0 ? .taken : .smtp(status: answer.status, trouble: answer.trouble)
    }

    /// Passes options over a pipe, because other processes can read arguments and some options are secret. The process
    /// ends when the task is cancelled.
    private func perform(_ options: [(String, String)]) async -> Answer {
        let curl = Program(
            // Must come first: it disables ~/.curlrc.
            program, ["--disable", "--config", "-"],
            environment: ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ESPALIER_") })
        do {
            return Answer(try await curl.run(input: Data(configuration(options + limits).utf8), most: 2_000))
        } catch {
            return Answer(trouble: "curl cannot be used: \(error)")
        }
    }

    private var limits: [(String, String)] {
        [
            ("silent", ""), ("show-error", ""), ("globoff", ""), ("max-time", "\(seconds)"),
            ("connect-timeout", "\(min(10, seconds))"),
        ]
    }
}

/// The result of one curl process.
private struct Answer {
    /// curl's exit code.
    let code: Int32
    /// The server's last status; 0 if it gave none.
    let status: Int
    let retryAfter: String
    /// The start of the server's answer.
    let said: String
    let trouble: String

    init(_ ending: Program.Ending) {
        code = ending.code
        let lines = String(decoding: ending.errors, as: UTF8.self).split(separator: "\n").map(String.init)
        let words = lines.last { $0.hasPrefix("status ") }?.split(separator: " ").map(String.init) ?? []
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        retryAfter = words.count > 2 ? words[2] : ""
        said = lastLines(of: Array(ending.output), count: 1).joined()
        let complaint = lines.first { $0.hasPrefix("curl: ") }.map { String($0.dropFirst("curl: ".count)) }
        trouble = complaint ?? lines.first { !$0.hasPrefix("status ") } ?? "curl ended with \(code)"
    }

    init(trouble: String) { (code, status, retryAfter, said, self.trouble) = (-1, 0, "", "", trouble) }
}

/// A curl configuration file: one option per line, values in quotes (curl(1), `--config`).
func configuration(_ options: [(String, String)]) -> String {
    options.map { name, value in value.isEmpty ? "\(name)\n" : "\(name) = \"\(escaped(value))\"\n" }.joined()
}

private func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        .replacing("\r", with: "\\r").replacing("\t", with: "\\t")
}

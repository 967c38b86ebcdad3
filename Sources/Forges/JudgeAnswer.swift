import Foundation

extension Forge {
    /// Why an answer is an error; nil if it is not.
    public func trouble(in answer: ForgeResponse) -> ForgeError? {
        if (200..<300).contains(answer.status), answer.status != 203 { return nil }
        let said = Refusal.message(in: answer)
        switch answer.status {
        // Azure DevOps answers 203 with its sign-in page if it does not know the token.
        case 203 where settings.kind == .azureDevOps:
            return .refused(status: 203, message: "the server returned its sign-in page: \(renewal)")
        case 203: return nil
        case 300..<400:
            let address = answer.headers["Location"].map { " to \($0)" } ?? ""
            return .refused(
                status: answer.status, message: "it has moved\(address): correct the forge's api or repository")
        case 401: return .refused(status: 401, message: "\(said): the token was refused; \(renewal)")
        case 403 where isLimit(answer, said), 429:
            return .busy(status: answer.status, message: "\(said): too many requests", retry: retry(in: answer))
        case 403:
            return .refused(status: 403, message: "\(said): the token may not do this; give it the permission")
        case 404:
            return .refused(
                status: 404,
                message: "\(said): not found on \(settings.repository), or the token may not see it")
        case 408, 425, 500...: return .busy(status: answer.status, message: said, retry: retry(in: answer))
        default: return .refused(status: answer.status, message: said)
        }
    }

    /// Decodes the body of a successful answer.
    func read<T: Decodable>(_ type: T.Type, from answer: ForgeResponse, what: String) throws(ForgeError) -> T {
        if let trouble = trouble(in: answer) { throw trouble }
        return try decode(type, from: answer.body, what: "\(settings.kind.name)'s \(what)")
    }

    /// Interprets answers to a merge order that mean the same on every forge.
    func mergeFailure(_ answer: ForgeResponse) -> MergeAnswer {
        let error = trouble(in: answer) ?? .refused(status: answer.status, message: "unexpected answer")
        return .failed(mayPass: error.mayPass, reason: error.description)
    }

    private var renewal: String {
        settings.token == nil ? "give the project a token" : "make a new one on \(settings.kind.name) and store it"
    }

    /// GitHub limits the rate with 403: with a remaining count of zero at the hourly limit, with a time to wait after a burst.
    private func isLimit(_ answer: ForgeResponse, _ said: String) -> Bool {
        answer.headers["X-RateLimit-Remaining"] == "0" || answer.headers["Retry-After"] != nil
            || said.lowercased().contains("rate limit")
    }

    private func retry(in answer: ForgeResponse) -> ForgeError.Retry? {
        if let seconds = answer.headers["Retry-After"].flatMap({ Int64($0) }), seconds >= 0 {
            return .after(seconds: seconds)
        }
        let reset = answer.headers["X-RateLimit-Reset"] ?? answer.headers["RateLimit-Reset"]
        return reset.flatMap { Int64($0) }.flatMap { $0 > 0 ? .at(seconds: $0) : nil }
    }
}

/// A forge's explanation of a refusal: a text, a list of texts or an object of lists, under `message` or `error`.
struct Refusal: Decodable {
    let message: Words?
    let error: Words?
    let errors: Words?
    /// Azure DevOps: the name of the exception.
    let typeKey: String?

    /// At most 300 characters, on one line.
    static func message(in answer: ForgeResponse) -> String {
        let refusal = read(answer)
        let words = [refusal?.message, refusal?.error, refusal?.errors].compactMap { $0?.text }.filter { !$0.isEmpty }
        if !words.isEmpty { return line(words.joined(separator: ": ")) }
        let text = String(decoding: answer.body.prefix(1_000), as: UTF8.self)
        return text.isEmpty || text.hasPrefix("<") || text.hasPrefix("{") ? "it gives no reason" : line(text)
    }

    static func read(_ answer: ForgeResponse) -> Refusal? {
        try? decode(Refusal.self, from: answer.body, what: "a refusal")
    }

    private static func line(_ text: String) -> String { cut(oneLine(text), to: 300) }

    /// All texts in a value of any shape.
    struct Words: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let list = try? container.decode([Words].self) {
                text = list.map(\.text).filter { !$0.isEmpty }.joined(separator: "; ")
            } else if let members = try? container.decode([String: Words].self) {
                text = members.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }.joined(separator: "; ")
            } else {
                text = ""
            }
        }
    }
}

/// Whether an answer's `Link` header names a next page. Source: RFC 8288.
func hasNextPage(_ answer: ForgeResponse) -> Bool {
    let links = answer.headers["Link"]?.split(separator: ",") ?? []
    return links.contains { link in
        link.split(separator: ";").dropFirst().contains { parameter in
            let pair = parameter.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            return pair.count == 2 && pair[0].lowercased() == "rel"
                && pair[1].trimmingCharacters(in: ["\""]).lowercased().split(separator: " ").contains("next")
        }
    }
}

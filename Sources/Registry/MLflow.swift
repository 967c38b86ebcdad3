import Foundation
import HTTP

/// An MLflow server, over its REST API. Source: mlflow.org, "REST API", version 2.0 paths; behaviours measured on 3.17.
public struct MLflow: Sendable {
    /// Without a trailing slash; may have a path prefix.
    public let url: String
    private let client = HTTPClient()
    /// What the server is sent as `Authorization`.
    public let authorization: String?

    /// - Parameter token: sent as bearer token. `name:password` inside the URL is sent as basic authentication.
    public init(url: String, token: String? = nil) {
        var parts = URLComponents(string: url)
        if let user = parts?.user {
            let pair = Data("\(user):\(parts?.password ?? "")".utf8).base64EncodedString()
            authorization = "Basic \(pair)"
            parts?.user = nil
            parts?.password = nil
        } else {
            authorization = token.map { "Bearer \($0)" }
        }
        let plain = parts?.string ?? url
        self.url = plain.hasSuffix("/") ? String(plain.dropLast()) : plain
    }

    /// Whether an address is one of others, apart from passwords in them.
    public static func isSame(_ url: String, asOneOf others: Set<String>) -> Bool {
        let asked = MLflow(url: url).url
        return others.contains { MLflow(url: $0).url == asked }
    }

    func get<T: Decodable>(_ path: String, _ query: [String: String], as type: T.Type) async throws(RegistryError) -> T
    {
        var parts = URLComponents(string: "\(url)/api/2.0/mlflow/\(path)")
        parts?.queryItems = query.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0.key, value: $0.value) }
        return try await decode(try await send("GET", parts?.url, body: nil), as: type)
    }

    func post<T: Decodable>(_ path: String, _ body: some Encodable, as type: T.Type) async throws(RegistryError) -> T {
        try await decode(try await send("POST", path, body), as: type)
    }

    func delete(_ path: String, _ body: some Encodable) async throws(RegistryError) {
        _ = try await send("DELETE", path, body)
    }

    private func send(_ method: String, _ path: String, _ body: some Encodable) async throws(RegistryError) -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        guard let bytes = try? encoder.encode(body) else { throw .unreadable("a request that is not JSON") }
        return try await send(method, URL(string: "\(url)/api/2.0/mlflow/\(path)"), body: bytes)
    }

    /// Requests metadata of artifacts.
    func artifacts<T: Decodable>(_ query: [String: String], as type: T.Type) async throws(RegistryError) -> T {
        var parts = URLComponents(string: "\(url)/api/2.0/mlflow-artifacts/artifacts")
        parts?.queryItems = query.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0.key, value: $0.value) }
        return try await decode(try await send("GET", parts?.url, body: nil), as: type)
    }

    /// An artifact's bytes, in a temporary file.
    func loadArtifact(_ path: String) async throws(RegistryError) -> URL {
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        guard let address = URL(string: "\(url)/api/2.0/mlflow-artifacts/artifacts/\(escaped)") else {
            throw .unreadable("an artifact called '\(path)'")
        }
        let answer: HTTPAnswer<URL>
        do {
            answer = try await client.loadFile(HTTPRequest("GET", address, headers: headers))
        } catch {
            throw trouble(error)
        }
        if answer.status == 200 { return answer.body }
        try? FileManager.default.removeItem(at: answer.body)
        if mayPass(answer.status) { throw .unreachable(url, reason: "it answered \(answer.status)") }
        throw .refused(
            server: url, status: answer.status, code: "", message: "the artifact \(path) cannot be loaded")
    }

    private var headers: [String: String] { authorization.map { ["Authorization": $0] } ?? [:] }

    /// Whether a retry may succeed after this answer.
    private func mayPass(_ status: Int) -> Bool { status >= 500 || status == 429 || status == 0 }

    private func trouble(_ error: HTTPError) -> RegistryError {
        switch error {
        case .unreachable(let reason):
            let advice =
                reason.localizedCaseInsensitiveContains("certificate")
                ? "; install the issuer's certificate on this machine: update-ca-certificates" : ""
            return .unreachable(url, reason: reason + advice)
        case .cancelled: return .unreachable(url, reason: "the request was cancelled")
        }
    }

    private func decode<T: Decodable>(_ data: Data, as type: T.Type) async throws(RegistryError) -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: data.isEmpty ? Data("{}".utf8) : data)
        } catch {
            throw .unreadable(String(decoding: data.prefix(200), as: UTF8.self))
        }
    }

    private func send(_ method: String, _ address: URL?, body: Data?) async throws(RegistryError) -> Data {
        guard let address else { throw .unreachable(url, reason: "that is not a URL") }
        let answer: HTTPAnswer<Data>
        do {
            answer = try await client.load(
                HTTPRequest(
                    method, address, headers: headers.merging(["Content-Type": "application/json"]) { $1 }, body: body))
        } catch {
            throw trouble(error)
        }
        if (200..<300).contains(answer.status) { return answer.body }
        if mayPass(answer.status) { throw .unreachable(url, reason: "it answered \(answer.status)") }
        let refusal = try? JSONDecoder().decode(Refusal.self, from: answer.body)
        throw .refused(
            server: url, status: answer.status, code: refusal?.error_code ?? "",
            message: refusal?.message ?? plain(answer.body))
    }

    /// The start of an answer that is not JSON. Empty for HTML, which would be unreadable in a message.
    private func plain(_ answer: Data) -> String {
        let text = String(decoding: answer.prefix(200), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if text.isEmpty { return "it does not say why" }
        return text.hasPrefix("<") ? "the server returned HTML, not JSON" : text
    }

    private struct Refusal: Decodable {
        let error_code: String?
        let message: String?
    }
}

struct Nothing: Codable {}

import Foundation
import Hummingbird
import Reports

/// Values of `Content-Type`.
enum ContentType: String {
    case page = "text/html; charset=utf-8"
    case plain = "text/plain; charset=utf-8"
    case json = "application/json; charset=utf-8"
    case style = "text/css; charset=utf-8"
    case script = "text/javascript; charset=utf-8"
    case icon = "image/svg+xml"
    case events = "text/event-stream"
}

extension Response {
    init(_ type: ContentType, _ text: String, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status, headers: [.contentType: type.rawValue], body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// A report as JSON, the same as the command line prints with `--json`.
    init(json report: some Encodable, status: HTTPResponse.Status = .ok) throws {
        self.init(
            status: status, headers: [.contentType: ContentType.json.rawValue],
            body: .init(byteBuffer: ByteBuffer(bytes: try Reports.json(report))))
    }
}

extension Response {
    /// Set a header. Does nothing when the name is not a valid token.
    mutating func set(_ name: String, _ value: String) {
        if let name = HTTPFields.Element.Name(name) { headers[name] = value }
    }
}

extension Request {
    func header(_ name: String) -> String? { HTTPFields.Element.Name(name).flatMap { headers[$0] } }

    /// A number of the query; `nil` when absent.
    /// - Throws: 400 when it is not a number in `range`.
    func number<Number: FixedWidthInteger>(_ name: String, in range: ClosedRange<Number>) throws -> Number? {
        guard let text = text(name) else { return nil }
        guard let number = Number(text), range.contains(number) else {
            throw HTTPError(
                .badRequest,
                message: "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }

    /// A text of the query; `nil` when absent or empty.
    func text(_ name: String) -> String? {
        uri.queryParameters[name[...]].flatMap { $0.isEmpty ? nil : String($0) }
    }
}

extension RequestContext {
    /// The number of the run in the path.
    func runID() throws -> Int64 { try number(of: "run") }

    /// The number of the change in the path.
    func changeNumber() throws -> Int64 { try number(of: "change") }

    private func number(of what: String) throws -> Int64 {
        let text = try parameters.require("id")
        guard let id = Int64(text), id > 0 else {
            throw HTTPError(.badRequest, message: "a \(what) is a number, not '\(text)'")
        }
        return id
    }

    /// The name of the step in the path.
    func stepName() throws -> String {
        let text = try parameters.require("step")
        guard let name = text.removingPercentEncoding else {
            throw HTTPError(.badRequest, message: "the step's name is not percent-encoded UTF-8")
        }
        return name
    }
}

extension HTTPError {
    static func noRun(_ id: Int64) -> HTTPError { HTTPError(.notFound, message: "there is no run \(id)") }
    static func noChange(_ number: Int64) -> HTTPError {
        HTTPError(.notFound, message: "there is no change \(number)")
    }
    static func noLog(_ run: Int64, _ step: String) -> HTTPError {
        HTTPError(.notFound, message: "run \(run) has no log of a step '\(step)'")
    }
}

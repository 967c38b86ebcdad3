import Foundation
import Home
import Logging
import Promoting
import Registry
import Web

/// Serves the door between steps and MLflow until the task is cancelled.
func serveDoor(_ door: RegistryDoor, logger: Logger) async throws {
    try await DoorServer(port: door.address.port, door: TrackingDoor(door: door), logger: logger).run()
}

/// What HTTP needs of the door.
private struct TrackingDoor: Door {
    let door: RegistryDoor

    /// MLflow's own client sends its metrics in requests of at most 1 MB.
    private static let largest = 16 << 20

    func body(of head: DoorHead) async -> DoorBody {
        switch door.caller(head.target, authorization: head.authorization) {
        case .keeper: .streamed
        case .visitor:
            (try? APICall(method: head.method, target: head.target))?.isUpload ?? false
                ? .streamed : .collected(limit: Self.largest)
        case .early, .stranger: .collected(limit: 1 << 16)
        }
    }

    func route(_ head: DoorHead, body: [UInt8]) async -> DoorRoute {
        switch door.caller(head.target, authorization: head.authorization) {
        case .early:
            return answer(
                503, "TEMPORARILY_UNAVAILABLE", "Espalier has just started, and finds its running steps again")
        case .stranger:
            return answer(
                401, "UNAUTHENTICATED",
                "this is Espalier's door to MLflow: steps get a token, and operators find its address in HOME/mlflow/address"
            )
        case .keeper(let target): return await keep(head, target)
        case .visitor(let visitor): return await admit(head, body, visitor)
        }
    }

    private func keep(_ head: DoorHead, _ target: String) async -> DoorRoute {
        do {
            let server = try await door.embedded()
            let hasBody = !["GET", "HEAD", "OPTIONS"].contains(head.method)
            return .forward(
                Forwarded(
                    to: BackServer(server), head.method, target.hasPrefix("/") ? target : "/" + target,
                    headers: named(("Content-Type", head.contentType), ("Accept", head.accept)),
                    body: hasBody ? .streamed : .none))
        } catch {
            return answer(503, "TEMPORARILY_UNAVAILABLE", "\(error)")
        }
    }

    private func admit(_ head: DoorHead, _ body: [UInt8], _ visitor: Visitor) async -> DoorRoute {
        do {
            let call: APICall
            do {
                call = try APICall(method: head.method, target: head.target)
            } catch {
                throw visitor.refused(head.method, head.target, error)
            }
            switch try await door.admit(call, body: body, of: visitor) {
            case .answer(let json): return .answer(status: 200, json: Array(json.utf8))
            case .pass(let passed, let server, let authorization):
                let isUpload = passed.body == .streamed
                let type = isUpload ? mediaType(head.contentType) : "application/json"
                return .forward(
                    Forwarded(
                        to: BackServer(server), passed.method, passed.target,
                        headers: named(("Content-Type", type), ("Authorization", authorization)),
                        body: Forwarded.Body(passed.body)))
            }
        } catch let refusal as DoorRefusal {
            return answer(403, "PERMISSION_DENIED", "Espalier refuses this: \(refusal.reason)")
        } catch {
            let status = (error as? RegistryError)?.mayPass ?? true ? 503 : 502
            return answer(status, status == 503 ? "TEMPORARILY_UNAVAILABLE" : "INTERNAL_ERROR", "\(error)")
        }
    }

    /// The type of an artifact, if it is written as such.
    private func mediaType(_ text: String?) -> String {
        let type = text?.prefixMatch(of: /[A-Za-z0-9!#$&^_.+-]{1,100}\/[A-Za-z0-9!#$&^_.+-]{1,100}/)?.output
        return type.map(String.init) ?? "application/octet-stream"
    }

    private func named(_ headers: (String, String?)...) -> [(name: String, value: String)] {
        headers.compactMap { name, value in value.map { (name: name, value: $0) } }
    }

    /// As MLflow's server words its errors.
    private func answer(_ status: Int, _ code: String, _ message: String) -> DoorRoute {
        let json = try? JSONSerialization.data(withJSONObject: ["error_code": code, "message": message])
        return .answer(status: status, json: [UInt8](json ?? Data()))
    }
}

extension BackServer {
    fileprivate init(_ address: ServerAddress) {
        let place: Place =
            switch address.place {
            case .unixSocket(let path): .unixSocket(path)
            case .tcp(let host, let port, let hasTLS): .tcp(host: host, port: port, hasTLS: hasTLS)
            }
        self.init(place: place, prefix: address.prefix, authority: address.authority)
    }
}

extension Forwarded.Body {
    fileprivate init(_ body: PassedCall.Body) {
        self =
            switch body {
            case .none: .none
            case .json(let bytes): .bytes(bytes)
            case .streamed: .streamed
            }
    }
}

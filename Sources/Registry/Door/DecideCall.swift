import Foundation

/// What becomes of a step's call.
public enum DoorDecision: Sendable, Hashable {
    /// It is passed on as this, if the server confirms all needs.
    case pass(PassedCall)
    /// We answer it ourselves, with this JSON.
    case answer(String)
}

/// A call as the server gets it.
public struct PassedCall: Sendable, Hashable {
    public enum Body: Sendable, Hashable {
        case none
        case json([UInt8])
        /// An artifact, as it comes.
        case streamed
    }

    public let method: String
    /// Path and query.
    public let target: String
    public let body: Body
    public let needs: [DoorNeed]
}

extension StepGrant {
    /// Whether a call may be made, and how it is written.
    ///
    /// - Parameter body: absent for an artifact, which is passed on while it comes.
    public func decide(_ call: APICall, body: [UInt8] = []) throws(DoorRefusal) -> DoorDecision {
        if let decision = try decideArtifact(call) { return decision }
        switch (call.method, call.path) {
        case ("GET", ["version"]), ("GET", ["health"]):
            return .pass(PassedCall(method: "GET", target: target(call.path), body: .none, needs: []))
        // No way around the door for large artifacts.
        case ("GET", ["api", "3.0", "mlflow", "server-info"]): return .answer("{}")
        default: break
        }
        guard call.path.starts(with: ["api", "2.0", "mlflow"]) else { throw .notListed }
        for allowed in AllowedCall.all where allowed.method == call.method {
            if let needs = allowed.needs(Array(call.path.dropFirst(3))) {
                return .pass(try write(call, as: allowed, body, needs))
            }
        }
        throw .notListed
    }

    /// Artifacts: list, download, upload.
    private func decideArtifact(_ call: APICall) throws(DoorRefusal) -> DoorDecision? {
        if let path = call.artifact {
            guard call.method == "GET" || call.method == "PUT" else { throw .notListed }
            let need = try need(call.method == "GET" ? .read : .write, path)
            return .pass(
                PassedCall(
                    method: call.method, target: target(call.path), body: call.method == "PUT" ? .streamed : .none,
                    needs: [need]))
        }
        guard call.path == APICall.artifacts else { return nil }
        guard call.method == "GET", let paths = call.query["path"], paths.count == 1 else { throw .notListed }
        let asked = try APICall(method: "GET", target: "/" + paths[0].replacingOccurrences(of: "%", with: "%25"))
        guard !paths[0].contains("?") else { throw DoorRefusal("its path has a '?'") }
        let needed = try need(.read, asked.path)
        return .pass(
            PassedCall(
                method: "GET", target: target(call.path, [("path", asked.path.joined(separator: "/"))]), body: .none,
                needs: [needed]))
    }

    private func need(_ access: DoorNeed.Access, _ path: [String]) throws(DoorRefusal) -> DoorNeed {
        guard let id = path.lazy.compactMap({ TrackedID(inPath: $0) }).first else {
            throw DoorRefusal("the artifact belongs to no run or model")
        }
        return DoorNeed(id, access, artifact: path)
    }

    private func write(_ call: APICall, as allowed: AllowedCall, _ body: [UInt8], _ needs: [DoorNeed])
        throws(DoorRefusal) -> PassedCall
    {
        var reader = FieldReader(grant: self, needs: needs)
        let given: [String: Any] =
            call.method == "GET" ? try reader.values(ofQuery: call.query, allowed) : try values(ofBody: body)
        var fields = try reader.admit(object: given, allowed.fields, in: call.name)
        for name in allowed.required where fields[name] == nil {
            throw DoorRefusal("it does not say which \(name)")
        }
        if allowed.makes { fields["tags"] = (fields["tags"] as? [Any] ?? []) + tags }
        if call.method == "GET" {
            let query = fields.keys.sorted().flatMap { name in
                (fields[name] as? [Any] ?? [fields[name] ?? ""]).map { (name: name, value: "\($0)") }
            }
            return PassedCall(method: "GET", target: target(call.path, query), body: .none, needs: reader.needs)
        }
        guard let bytes = try? JSONSerialization.data(withJSONObject: fields) else {
            throw DoorRefusal("its body cannot be written as JSON")
        }
        return PassedCall(
            method: call.method, target: target(call.path), body: .json([UInt8](bytes)), needs: reader.needs)
    }

    private func values(ofBody body: [UInt8]) throws(DoorRefusal) -> [String: Any] {
        guard let values = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
            throw DoorRefusal("its body is not a JSON object")
        }
        return values
    }
}

extension AllowedCall {
    /// What the path needs; `nil` if it is another call's path.
    fileprivate func needs(_ asked: [String]) -> [DoorNeed]? {
        guard asked.count == path.count else { return nil }
        var needs: [DoorNeed] = []
        for (part, name) in zip(path, asked) {
            switch part {
            case "{own}", "{read}":
                guard let id = TrackedID(inPath: name), case .model = id else { return nil }
                needs.append(DoorNeed(id, part == "{own}" ? .write : .read))
            default: if part != name { return nil }
            }
        }
        return needs
    }
}

extension DoorRefusal {
    static let notListed = DoorRefusal(
        "steps log into their own runs and read what their environment may; this is not on that list")
}

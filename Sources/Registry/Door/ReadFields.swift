import Foundation

/// Reads the fields of a call, and notes what the server has to confirm about them.
struct FieldReader {
    let grant: StepGrant
    var needs: [DoorNeed]

    init(grant: StepGrant, needs: [DoorNeed]) {
        self.grant = grant
        self.needs = needs
    }

    /// The fields of a query. Only lists may be given more than once.
    func values(ofQuery query: [String: [String]], _ allowed: AllowedCall) throws(DoorRefusal) -> [String: Any] {
        var values: [String: Any] = [:]
        for (name, texts) in query {
            if case .list = allowed.fields[name] {
                values[name] = texts
            } else if texts.count == 1 {
                values[name] = texts[0]
            } else {
                throw DoorRefusal("it gives \(name) more than once")
            }
        }
        return values
    }

    mutating func admit(object: [String: Any], _ shapes: [String: FieldShape], in place: String)
        throws(DoorRefusal) -> [String: Any]
    {
        var object = object
        // MLflow's older name of the same field.
        if let older = object.removeValue(forKey: "run_uuid"), shapes["run_id"] != nil {
            let known = object["run_id"] as? String
            guard let older = older as? String, known == nil || known == older else {
                throw DoorRefusal("its run_id and run_uuid differ")
            }
            object["run_id"] = older
        }
        var admitted: [String: Any] = [:]
        for (name, value) in object where !(value is NSNull) {
            guard let shape = shapes[name] else {
                throw DoorRefusal("steps may not give \(printable(name)) to \(place)")
            }
            admitted[name] = try admit(value, shape, name)
        }
        return admitted
    }

    private mutating func admit(_ value: Any, _ shape: FieldShape, _ name: String) throws(DoorRefusal) -> Any {
        switch shape {
        case .scalar:
            guard value is String || value is NSNumber else { throw DoorRefusal("\(name) is not a plain value") }
            return value
        case .list(let shape):
            var admitted: [Any] = []
            for one in try list(value, name) { admitted.append(try admit(one, shape, name)) }
            if case .experiment = shape, admitted.isEmpty { throw DoorRefusal("it does not say which \(name)") }
            return admitted
        case .object(let shapes):
            guard let object = value as? [String: Any] else { throw DoorRefusal("\(name) is not an object") }
            return try admit(object: object, shapes, in: name)
        case .tags: return try tags(value, name)
        case .tagKey: return try tagKey(value, name)
        case .experiment: return try known(value, grant.experimentID.map { [$0] } ?? [], "another experiment")
        case .experimentName: return try known(value, [grant.experiment], "another experiment")
        case .registeredModel: return try known(value, grant.models, "another registered model")
        case .run(let access):
            let id = try text(value, name)
            guard id.wholeMatch(of: /[0-9A-Za-z_-]{1,64}/) != nil else { throw DoorRefusal("\(name) is no run") }
            needs.append(DoorNeed(.run(id), access))
            return id
        case .model(let access):
            let text = try text(value, name)
            guard let id = TrackedID(inPath: text), case .model = id else { throw DoorRefusal("\(name) is no model") }
            needs.append(DoorNeed(id, access))
            return text
        case .versionFilter: return try versionFilter(try text(value, name))
        }
    }

    private func list(_ value: Any, _ name: String) throws(DoorRefusal) -> [Any] {
        guard let list = value as? [Any] else { throw DoorRefusal("\(name) is not a list") }
        return list
    }

    private func text(_ value: Any, _ name: String) throws(DoorRefusal) -> String {
        guard let text = value as? String else { throw DoorRefusal("\(name) is not text") }
        return text
    }

    /// One of the environment's own, written as we know it.
    private func known(_ value: Any, _ known: [String], _ other: String) throws(DoorRefusal) -> String {
        let text = (value as? String) ?? (value as? NSNumber).map { "\($0)" } ?? ""
        guard let one = known.first(where: { $0 == text }) else {
            throw DoorRefusal("'\(printable(text))' is \(other) than the environment's")
        }
        return one
    }

    /// What a step makes is tagged by the door itself; there, its own tags of that kind are left out.
    private func tags(_ value: Any, _ name: String) throws(DoorRefusal) -> [Any] {
        var tags: [[String: Any]] = []
        for one in try list(value, name) {
            guard let tag = one as? [String: Any], let key = tag["key"] as? String,
                Set(tag.keys).isSubset(of: ["key", "value"])
            else { throw DoorRefusal("\(name) is not a list of keys and values") }
            guard !key.hasPrefix(StepGrant.reserved) else { continue }
            tags.append(["key": key, "value": (tag["value"] as? String) ?? ""])
        }
        return tags
    }

    private func tagKey(_ value: Any, _ name: String) throws(DoorRefusal) -> String {
        let key = try text(value, name)
        guard !key.hasPrefix(StepGrant.reserved) else {
            throw DoorRefusal("only Espalier sets tags that begin with \(StepGrant.reserved)")
        }
        return key
    }

    /// MLflow's filters only join conditions by AND, so that one more can only narrow them.
    private func versionFilter(_ filter: String) throws(DoorRefusal) -> String {
        let plain = filter.filter { !$0.isWhitespace }
        if let own = grant.models.first(where: { plain == "name='\($0)'" || plain == "name=\"\($0)\"" }) {
            return "name = '\(own)'"
        }
        guard let own = grant.models.first(where: { filter.contains($0) }) ?? grant.models.first, !own.contains("'")
        else {
            throw DoorRefusal("the environment has no registered model")
        }
        return filter.isEmpty ? "name = '\(own)'" : "name = '\(own)' AND \(filter)"
    }
}

/// A name that somebody else chose, for a log.
public func printable(_ text: String) -> String {
    String(text.unicodeScalars.prefix(200).map { $0.value >= 32 && $0.value < 127 ? Character($0) : "?" })
}

extension Shape {
    /// This shape as a JSON Schema document (draft 2020-12), for editors. Indented by two spaces, keys in table order.
    public func schema(title: String) -> String {
        let body = schemaFields
        return render(
            .object(
                [
                    ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
                    ("title", .text(title)),
                ] + body), indent: "") + "\n"
    }

    private var schemaFields: [(String, Schema)] {
        switch self {
        case .any: []
        case .string: [("type", .list([.text("string"), .text("number"), .text("boolean")]))]
        case .flag: [("type", .text("boolean"))]
        case .integer(let least): [("type", .text("integer")), ("minimum", .raw(String(least)))]
        case .number: [("type", .text("number"))]
        case .duration:
            [("type", .list([.text("string"), .text("integer")])), ("pattern", .text("^[0-9]+(s|m|h|d)?$"))]
        case .size:
            [("type", .list([.text("string"), .text("integer")])), ("pattern", .text("^[0-9]+(B|KiB|MiB|GiB|TiB)?$"))]
        case .date: [("type", .text("string")), ("format", .text("date"))]
        case .oneOf(let words): [("enum", .list(words.map(Schema.text)))]
        case .list(let item): [("type", .text("array")), ("items", .object(item.schemaFields))]
        case .oneOrMany(let item):
            [("anyOf", .list([.object(item.schemaFields), .object(Shape.list(item).schemaFields)]))]
        case .map(let value): [("type", .text("object")), ("additionalProperties", .object(value.schemaFields))]
        case .object(let fields): objectFields(fields)
        case .shorthand(let short, let long):
            [("anyOf", .list([.object(short.schemaFields), .object(long.schemaFields)]))]
        }
    }

    private func objectFields(_ fields: [Field]) -> [(String, Schema)] {
        let properties = fields.map { field in
            (field.name, Schema.object([("description", .text(field.about))] + field.shape.schemaFields))
        }
        let required = fields.filter(\.required).map { Schema.text($0.name) }
        return [
            ("type", .text("object")), ("additionalProperties", .raw("false")), ("properties", .object(properties)),
        ]
            + (required.isEmpty ? [] : [("required", .list(required))])
    }
}

private enum Schema {
    case text(String)
    case raw(String)
    case list([Schema])
    case object([(String, Schema)])
}

private func render(_ value: Schema, indent: String) -> String {
    let deeper = indent + "  "
    switch value {
    case .text(let text): return quoted(text)
    case .raw(let text): return text
    case .list(let items): return "[" + items.map { render($0, indent: deeper) }.joined(separator: ", ") + "]"
    case .object(let fields) where fields.isEmpty: return "{}"
    case .object(let fields):
        let lines = fields.map { "\(deeper)\(quoted($0.0)): \(render($0.1, indent: deeper))" }
        return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    }
}

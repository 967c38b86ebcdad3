/// What the operator of the machine allows beyond the strict default: `policy.yml` in the daemon's home, outside every
/// repository. Nothing in a project's files can add to it.
public struct Policy: Sendable, Hashable {
    /// Files and folders that every sandbox shows, read-only: programs and data outside `/usr` and the data roots.
    public let readable: [String]
    /// Device files that every sandbox has.
    public let devices: [String]

    /// The policy of a machine without a file.
    public static let strict = Policy(readable: [], devices: [])

    public init(readable: [String], devices: [String]) {
        self.readable = readable
        self.devices = devices
    }

    public static let shape = Shape.object([
        .init(
            "readable", .list(.string),
            "absolute paths that every sandbox shows, read-only: programs outside /usr, data outside the data roots"),
        .init("devices", .list(.string), "device files that every sandbox has: /dev/nvidia0"),
    ])

    /// - Throws: `Problems` for everything in the file that is wrong.
    public init(_ node: Node) throws {
        var problems = Self.shape.problems(in: node)
        for item in (node["readable"]?.items ?? []) + (node["devices"]?.items ?? []) {
            guard let path = item.text, !path.hasPrefix("/") || path.split(separator: "/").contains("..") || path == "/"
            else { continue }
            problems.append(
                Problem(
                    "'\(path)' is no absolute path below the root", at: item.mark,
                    hint: "write it from the root, without '..'"))
        }
        guard problems.isEmpty else { throw Problems(problems) }
        self.init(
            readable: node["readable"]?.items.compactMap(\.text) ?? [],
            devices: node["devices"]?.items.compactMap(\.text) ?? [])
    }
}

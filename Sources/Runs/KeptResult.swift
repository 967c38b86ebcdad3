/// The result of a step, stored by content so that later runs can reuse it.
public struct KeptResult: Sendable, Hashable {
    public let values: [String: String]
    /// Declared outputs: name → path inside the step's output folder.
    public let outputs: [String: String]
    /// Everything in the output folder. Folders come before their contents.
    public let files: [KeptFile]

    public init(values: [String: String], outputs: [String: String], files: [KeptFile]) {
        self.values = values
        self.outputs = outputs
        self.files = files
    }

    public var bytes: Int64 { files.reduce(0) { $0 + $1.size } }
}

/// An entry of an output folder.
public struct KeptFile: Sendable, Hashable, Codable {
    public enum Content: Sendable, Hashable {
        case folder
        case link(to: String)
        /// SHA-256, 64 hexadecimal digits.
        case bytes(sha256: String)
    }

    /// Path relative to the output folder.
    public let path: String
    /// Permission bits.
    public let mode: UInt32
    public let size: Int64
    public let content: Content

    public init(path: String, mode: UInt32, size: Int64, content: Content) {
        self.path = path
        self.mode = mode
        self.size = size
        self.content = content
    }
}

/// A stored result and the run that it came from.
public struct StoredResult: Sendable, Hashable {
    public let id: Int64
    public let run: Int64
    public let step: String
    public let result: KeptResult

    public init(id: Int64, run: Int64, step: String, result: KeptResult) {
        self.id = id
        self.run = run
        self.step = step
        self.result = result
    }
}

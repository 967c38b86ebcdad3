/// The folders that a running step writes to: an overlay over the workspace, and folders for its results.
///
/// ```
/// DIR/upper, DIR/work   used by overlayfs
/// DIR/own/tree/         the workspace with the command's changes
/// DIR/own/tmp/          TMPDIR and HOME
/// DIR/own/inputs/       a link to the outputs of each step that it needs
/// DIR/own/outputs/      files the command wants to keep
/// DIR/own/output        key=value lines
/// ```
///
/// A later step reuses the emptied folders, because file systems create folders far more slowly than they find them.
public struct Layer: Sendable, Hashable {
    public let path: String

    public init(_ path: String) { self.path = path }

    public var upper: String { path + "/upper" }
    public var own: String { path + "/own" }
    public var tree: String { own + "/tree" }
    public var temporary: String { own + "/tmp" }
    public var inputs: String { own + "/inputs" }
    public var outputs: String { own + "/outputs" }
    public var output: String { own + "/output" }
}

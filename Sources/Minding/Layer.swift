/// Where one step at work writes: a layer over the workspace, and what it is given to fill.
///
/// ```
/// DIR/upper, DIR/work   overlayfs's own
/// DIR/own/tree/         the workspace as the command sees it
/// DIR/own/tmp/          TMPDIR and HOME
/// DIR/own/inputs/       one link per step that this one needs
/// DIR/own/outputs/      what the command wants to keep
/// DIR/own/output        key=value lines
/// ```
///
/// Emptied and used again by a later step: a file system makes new folders far more slowly than it finds old ones.
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

    /// What the command may write: each by itself, so that it cannot put something else in the place of one.
    public var writable: [String] { [tree, temporary, outputs, output] }
}

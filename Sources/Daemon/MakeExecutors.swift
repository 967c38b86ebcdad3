import Events
import Executing
import Home
import Minding
import Projects

/// The executors of this process: one for each name in `Compute.executors`.
///
/// - Parameter workspace: writes a tree to disk and returns its path.
func makeExecutors(
    slots: Int, home: Home, minders: Minders, groups: ControlGroups, scratch: ScratchFolders, policy: Policy,
    workspace: @escaping @Sendable (_ tree: ObjectID, _ repository: String) async throws -> String
) -> Executors {
    Executors([
        "local": LocalExecutor(
            slots: slots, home: home, minders: minders, groups: groups, scratch: scratch, policy: policy,
            workspace: workspace)
    ])
}

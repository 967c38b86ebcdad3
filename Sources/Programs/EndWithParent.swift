import CPosix

/// Have this process killed when the thread of its parent that waits for it ends, however that comes about.
///
/// - Parameter parent: the number of the process that has started this one.
/// - Returns: `false` when that is gone already.
public func endWithParent(_ parent: Int32) -> Bool { espalier_die_with_parent(parent) == 0 }

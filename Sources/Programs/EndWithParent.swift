import CPosix

/// Asks the kernel to kill this process when the thread that started it ends for any reason.
///
/// - Parameter parent: process id of the parent.
/// - Returns: `false` when the parent has already ended.
public func endWithParent(_ parent: Int32) -> Bool { espalier_die_with_parent(parent) == 0 }

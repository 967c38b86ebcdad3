import Foundation

extension SandboxPart {
    /// The machine's programs and libraries: `/usr`, and `/bin`, `/lib` and similar folders or links as on this machine. Also
    /// the kernel's processor information, for programs that choose their number of threads by it.
    public static let programs: [SandboxPart] =
        [.shown("/usr")] + ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].compactMap(asOnThisMachine)
        + ["/sys/devices/system/cpu"].filter(exists).map { .shown($0) }

    private static func asOnThisMachine(_ path: String) -> SandboxPart? {
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            return .link(path, to: target)
        }
        return exists(path) ? .shown(path) : nil
    }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

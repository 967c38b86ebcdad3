import Glibc

/// Git's update hook. It rejects every push to a gated branch. The gate itself lands changes without hooks.
///
/// ```
/// GIT_DIR/espalier/gated            the gated branches, one per line, as the daemon last wrote them
/// GIT_DIR/espalier/bypass/BRANCH    allows one push until the time in it, in seconds since 1970; `/` in BRANCH is %2F
/// ```
///
/// - Parameter words: the hook's own path, then what Git gives: ref, old and new commit. Source: githooks(5), update.
func judgeUpdate(_ words: [String]) -> Never {
    guard words.count == 4 else { exit(0) }
    let ref = words[1]
    let heads = "refs/heads/"
    if ref.hasPrefix(heads), isGated(String(ref.dropFirst(heads.count))) {
        let branch = String(ref.dropFirst(heads.count))
        guard takeBypass(of: branch) else {
            say(
                """
                espalier: \(branch) is gated: only changes whose checks passed get in. Propose yours:
                espalier:   git push origin HEAD:refs/for/\(branch)
                espalier: (an operator may let one push through: espalier bypass \(branch) --reason WHY)

                """, to: 2)
            exit(1)
        }
        say("espalier: \(branch) is gated, and an operator lets this push through\n", to: 2)
    }
    exit(runPreviousHook(words))
}

private func isGated(_ branch: String) -> Bool {
    guard let text = contents(of: "espalier/gated") else { return false }
    return text.split(separator: "\n").contains { $0 == branch }
}

/// Whether a bypass allows this push. A bypass is for one push: whoever removes its file has used it.
private func takeBypass(of branch: String) -> Bool {
    let name = branch.utf8.reduce(into: "") { name, byte in
        switch byte {
        case UInt8(ascii: "/"): name += "%2F"
        case UInt8(ascii: "%"): name += "%25"
        default: name.unicodeScalars.append(Unicode.Scalar(byte))
        }
    }
    let path = "espalier/bypass/\(name)"
    guard let text = contents(of: path), let end = Int(text.split(separator: "\n").first ?? ""), unlink(path) == 0
    else {
        return false
    }
    return time(nil) <= end
}

private func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return String(decoding: readAll(descriptor), as: UTF8.self)
}

/// The exit code of the hook that was installed before Espalier's, if there was one.
private func runPreviousHook(_ words: [String]) -> Int32 {
    let program = words[0] + ".local"
    guard access(program, X_OK) == 0 else { return 0 }
    var arguments: [UnsafeMutablePointer<CChar>?] = ([program] + words.dropFirst()).map { strdup($0) } + [nil]
    execv(program, &arguments)
    return 1
}

import Glibc

/// Git's proc-receive hook. Git hands it pushes to `refs/for/TARGET` instead of moving such a ref.
///
/// Each becomes `refs/changes/KEY/for/TARGET`. The key is the push's topic (`git push -o topic=NAME`), or the commit.
/// Source: githooks(5), proc-receive; pkt-line format: gitprotocol-common(5).
func receiveProposals() {
    guard let greeting = readPacket() else { return }
    let offered = greeting.split(separator: 0).dropFirst().first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    while readPacket() != nil {}
    let takesOptions = offered.contains("push-options")
    writePacket("version=1\0" + (takesOptions ? "push-options" : ""))
    writeFlush()

    var commands: [[Substring]] = []
    while let line = readPacket() {
        commands.append(String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 2).map { $0 })
    }
    var topic: String?
    if takesOptions {
        while let line = readPacket() {
            let option = String(decoding: line, as: UTF8.self)
            if option.hasPrefix("topic=") { topic = String(option.dropFirst("topic=".count)) }
        }
    }
    for command in commands where command.count == 3 { receive(command, topic: topic) }
    writeFlush()
}

private func receive(_ command: [Substring], topic: String?) {
    let (new, ref) = (String(command[1]), String(command[2]))
    let target = String(ref.dropFirst("refs/for/".count))
    guard git(["rev-parse", "--quiet", "--verify", "refs/heads/\(target)"]) == 0 else {
        return writePacket("ng \(ref) there is no branch '\(target)' to merge into")
    }
    if let topic, !isKey(topic) {
        return writePacket("ng \(ref) a topic has letters, digits, - and _ only, at most 64")
    }
    if new.allSatisfy({ $0 == "0" }) {
        guard topic != nil else {
            return writePacket("ng \(ref) withdraw a change by its topic: git push origin :\(ref) -o topic=TOPIC")
        }
    } else if git(["cat-file", "tag", new]) == 0 {
        return writePacket("ng \(ref) that is a tag: push its commit")
    } else if git(["rev-parse", "--quiet", "--verify", "\(new)^{commit}"]) != 0 {
        return writePacket("ng \(ref) that is not a commit")
    }
    let kept = "refs/changes/\(topic ?? new)/for/\(target)"
    // Compare-and-swap from `new` to `new`: succeeds only if exactly this commit was proposed before.
    let wasProposed = git(["update-ref", kept, new, new]) == 0
    guard wasProposed || git(["update-ref", kept, new]) == 0 else {
        return writePacket("ng \(ref) the proposal could not be stored")
    }
    writePacket("ok \(ref)")
    writePacket("option refname \(kept)")
    if wasProposed { writePacket("option old-oid \(new)") }
    writePacket("option new-oid \(new)")
    writePacket("option forced-update")
}

private func isKey(_ topic: String) -> Bool {
    let allowed = topic.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
    }
    return allowed && (1...64).contains(topic.utf8.count)
}

/// Runs git in the repository without output. Returns its exit code.
private func git(_ arguments: [String]) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for descriptor: Int32 in [0, 1, 2] {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var words: [UnsafeMutablePointer<CChar>?] = (["git"] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var pid: pid_t = 0
    guard posix_spawnp(&pid, "git", &actions, nil, &words, Glibc.environ) == 0 else { return -1 }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return (status >> 8) & 0xff | status & 0x7f
}

/// The content of one packet, without a trailing newline; nil at a flush or the end of input.
private func readPacket() -> [UInt8]? {
    guard let header = readExactly(4), let length = Int(String(decoding: header, as: UTF8.self), radix: 16), length > 4,
        var content = readExactly(length - 4)
    else { return nil }
    if content.last == UInt8(ascii: "\n") { content.removeLast() }
    return content
}

private func readExactly(_ count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
        var buffer = [UInt8](repeating: 0, count: count - bytes.count)
        let got = read(0, &buffer, buffer.count)
        guard got > 0 else { return nil }
        bytes += buffer[0..<got]
    }
    return bytes
}

private func writePacket(_ text: String) {
    let bytes = Array(text.utf8) + [UInt8(ascii: "\n")]
    let digits = String(bytes.count + 4, radix: 16)
    let packet = Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8) + bytes
    _ = write(1, packet, packet.count)
}

private func writeFlush() { say("0000", to: 1) }

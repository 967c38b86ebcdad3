import Clibgit2
import Events
import Foundation

extension Repository {
    /// Fetch all branches and tags of `url` into this bare repository, deleted ones removed: a mirror.
    ///
    /// Speaks file, http(s) and ssh. Keys come from the ssh agent, else from `~/.ssh`; a name and token for https from
    /// the URL.
    public func mirror(from url: String) throws(GitError) {
        let remote = try made("reach", redacted(url)) { git_remote_create_anonymous(&$0, handle, url) }
        defer { git_remote_free(remote) }
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.prune = GIT_FETCH_PRUNE
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        var attempts: Int32 = 0
        options.callbacks.credentials = { out, _, user, allowed, counter in giveCredential(out, user, allowed, counter)
        }
        let specs: [String] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        var pointers: [UnsafeMutablePointer<CChar>?] = specs.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        try check("fetch", redacted(url)) {
            withUnsafeMutablePointer(to: &attempts) { counter in
                options.callbacks.payload = UnsafeMutableRawPointer(counter)
                return pointers.withUnsafeMutableBufferPointer { buffer in
                    var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
                    return git_remote_fetch(remote, &array, &options, "espalier: mirror")
                }
            }
        }
    }
}

/// Answer one question of a server; give up after the third, for a refused key is offered again and again.
private func giveCredential(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?,
    _ user: UnsafePointer<CChar>?, _ allowed: UInt32, _ counter: UnsafeMutableRawPointer?
) -> Int32 {
    guard let counter = counter?.assumingMemoryBound(to: Int32.self) else { return GIT_EAUTH.rawValue }
    counter.pointee += 1
    let name = user.map { String(cString: $0) } ?? "git"
    guard allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 else { return GIT_EAUTH.rawValue }
    switch counter.pointee {
    case 1: return git_credential_ssh_key_from_agent(out, name)
    case 2, 3:
        let file = NSHomeDirectory() + "/.ssh/" + (counter.pointee == 2 ? "id_ed25519" : "id_rsa")
        return git_credential_ssh_key_new(out, name, "\(file).pub", file, "")
    default: return GIT_EAUTH.rawValue
    }
}

/// A URL without its password, for messages.
public func redacted(_ url: String) -> String {
    url.replacing(/:\/\/[^\/@]*@/, with: "://")
}

import Clibgit2
import Events
import Foundation

extension Repository {
    /// Fetches all branches and tags of `url` into this bare repository and removes deleted ones: a mirror.
    ///
    /// Speaks file, http(s) and ssh. Keys come from the ssh agent, else from `~/.ssh`. The name and password for https
    /// come from the URL, else from `token`.
    ///
    /// - Parameters:
    ///   - token: the password for https.
    ///   - changes: the server's refs for the heads of pull requests, with a `*` for the number. They go to
    ///     `refs/espalier/pulls/`.
    ///   - heard: called for each sign of life from the server, and while its data is processed. libgit2 (1.5) has no
    ///     timeout: it waits as long as the connection lasts.
    public func mirror(
        from url: String, token: String? = nil, changes: String? = nil, heard: @escaping () -> Void = {}
    ) throws(GitError) {
        let remote = try made("reach", redacted(url)) { git_remote_create_anonymous(&$0, handle, url) }
        defer { git_remote_free(remote) }
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.prune = GIT_FETCH_PRUNE
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        connect(&options.callbacks)
        var specs: [String] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        if let changes { specs.append("+\(changes):refs/espalier/pulls/*") }
        let session = RemoteSession(token: token, heard: heard)
        var pointers: [UnsafeMutablePointer<CChar>?] = specs.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        try check("fetch", redacted(url)) {
            withExtendedLifetime(session) {
                options.callbacks.payload = Unmanaged.passUnretained(session).toOpaque()
                return pointers.withUnsafeMutableBufferPointer { buffer in
                    var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
                    // git_remote_fetch prunes last, so it would always fail once a server has deleted `a` and created `a/b`.
                    var code = git_remote_download(remote, &array, &options)
                    if code == 0 { code = git_remote_prune(remote, &options.callbacks) }
                    if code == 0 {
                        code = git_remote_update_tips(
                            remote, &options.callbacks, 0, GIT_REMOTE_DOWNLOAD_TAGS_NONE, "espalier: mirror")
                    }
                    return code
                }
            }
        }
    }

    /// Moves a branch of `url` to a commit that descends from its current one.
    ///
    /// - Returns: why the server refuses, for example because the branch has moved; nil if it has moved the branch.
    public func push(
        _ commit: ObjectID, to ref: String, of url: String, token: String? = nil, heard: @escaping () -> Void = {}
    ) throws(GitError) -> String? {
        let remote = try made("reach", redacted(url)) { git_remote_create_anonymous(&$0, handle, url) }
        defer { git_remote_free(remote) }
        var options = git_push_options()
        git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION))
        connect(&options.callbacks)
        let session = RemoteSession(token: token, heard: heard)
        // libgit2 can push only refs, not bare commits.
        let source = "refs/espalier/pushing/\(commit)"
        try setRef(source, to: commit)
        defer { try? removeRef(source) }
        var spec: UnsafeMutablePointer<CChar>? = strdup("\(source):\(ref)")
        defer { free(spec) }
        let code = withExtendedLifetime(session) {
            options.callbacks.payload = Unmanaged.passUnretained(session).toOpaque()
            return withUnsafeMutablePointer(to: &spec) { pointer in
                var array = git_strarray(strings: pointer, count: 1)
                return git_remote_push(remote, &array, &options)
            }
        }
        if code == GIT_ENONFASTFORWARD.rawValue { return "it has been moved" }
        try check("push to", redacted(url)) { code }
        return session.refusal
    }
}

/// One session with a server: our credentials, and its refusal.
private final class RemoteSession {
    let token: String?
    let heard: () -> Void
    var attempts = 0
    var refusal: String?

    init(token: String?, heard: @escaping () -> Void) { (self.token, self.heard) = (token, heard) }

    static func of(_ payload: UnsafeMutableRawPointer?) -> RemoteSession? {
        payload.map { Unmanaged<RemoteSession>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// Sets the callbacks. Their payload is the session.
private func connect(_ callbacks: inout git_remote_callbacks) {
    callbacks.credentials = { out, _, user, allowed, session in giveCredential(out, user, allowed, session) }
    callbacks.sideband_progress = { _, _, session in noteActivity(session) }
    callbacks.transfer_progress = { _, session in noteActivity(session) }
    callbacks.pack_progress = { _, _, _, session in noteActivity(session) }
    callbacks.push_transfer_progress = { _, _, _, session in noteActivity(session) }
    callbacks.push_update_reference = { _, refusal, session in
        if let refusal { RemoteSession.of(session)?.refusal = String(cString: refusal) }
        return noteActivity(session)
    }
}

private func noteActivity(_ payload: UnsafeMutableRawPointer?) -> Int32 {
    RemoteSession.of(payload)?.heard()
    return 0
}

/// Answers one request for a credential. If there is none left, sets libgit2's last error to the reason.
private func giveCredential(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?,
    _ user: UnsafePointer<CChar>?, _ allowed: UInt32, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    let code = findCredential(out, user, allowed, payload)
    if code == GIT_EAUTH.rawValue {
        let isToken = allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0
        git_error_set_str(
            Int32(GIT_ERROR_CALLBACK.rawValue),
            isToken
                ? "the server refuses the token, or requires one: see --token-file of `espalier link`"
                : "the server refuses the ssh keys of this account")
    }
    return code
}

/// Gives up after the third request, because otherwise a refused key is offered forever.
private func findCredential(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?,
    _ user: UnsafePointer<CChar>?, _ allowed: UInt32, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let session = RemoteSession.of(payload) else { return GIT_EAUTH.rawValue }
    session.heard()
    session.attempts += 1
    if allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0, let token = session.token, session.attempts == 1 {
        // GitHub requires this name for the tokens of apps. Other forges accept any name.
        return git_credential_userpass_plaintext_new(out, "x-access-token", token)
    }
    let name = user.map { String(cString: $0) } ?? "git"
    guard allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 else { return GIT_EAUTH.rawValue }
    switch session.attempts {
    case 1: return git_credential_ssh_key_from_agent(out, name)
    case 2, 3:
        let file = NSHomeDirectory() + "/.ssh/" + (session.attempts == 2 ? "id_ed25519" : "id_rsa")
        return git_credential_ssh_key_new(out, name, "\(file).pub", file, "")
    default: return GIT_EAUTH.rawValue
    }
}

/// A URL without its password, for messages.
public func redacted(_ url: String) -> String {
    url.replacing(/:\/\/[^\/@]*@/, with: "://")
}

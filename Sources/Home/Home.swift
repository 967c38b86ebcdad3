import Foundation

/// The daemon's folder and its layout.
///
/// ```
/// HOME/espalier.sqlite     the whole state
/// HOME/lock                held by the running daemon
/// HOME/socket              hooks and commands ring here
/// HOME/address             the address of the pages
/// HOME/id                  distinguishes this daemon from others that use the same registry
/// HOME/runs/RUN/STEP/ATTEMPT/   one attempt of a step: log, outputs, exit record
/// HOME/workspaces/TREE/    the files of a tree, read-only, shared by runs
/// HOME/scratch/            files that running steps write
/// HOME/kept/AB/SHA256      outputs of steps that later runs may reuse
/// HOME/digests             digests of the files of datasets, so that they are read once
/// HOME/mirrors/NAME.git    mirrors of remote repositories
/// HOME/data/PROJECT/ENVIRONMENT/   data roots
/// HOME/outgoing/           notices that are being sent
/// HOME/system/             system settings that every sandbox sees
/// HOME/policy.yml          what the operator allows steps beyond the default
/// HOME/models/SHA256/      files of champions as they were verified, by the digest of what is stated about them
/// HOME/evidence/SHA256.csv evidence behind decisions
/// HOME/provenance/SHA256.json   signed statements about registered models
/// HOME/provenance/SHA256.sig    beside it, the signature of the model's files
/// HOME/keys/PROJECT.ENVIRONMENT.pem        an environment's key for signing statements (Ed25519)
/// HOME/keys/PROJECT.ENVIRONMENT.p256.pem   and models (P-256)
/// HOME/mlflow/             the embedded MLflow server
/// ```
public struct Home: Sendable, Hashable {
    public let path: String

    /// - Parameter path: made absolute. Absent: `ESPALIER_HOME`, else `~/.espalier`.
    public init(_ path: String? = nil) {
        let chosen = path ?? ProcessInfo.processInfo.environment["ESPALIER_HOME"] ?? (NSHomeDirectory() + "/.espalier")
        self.path = URL(fileURLWithPath: chosen).standardizedFileURL.path
    }

    public var database: String { path + "/espalier.sqlite" }
    public var lock: String { path + "/lock" }
    public var socket: String { path + "/socket" }
    public var address: String { path + "/address" }
    public var id: String { path + "/id" }
    public var workspaces: String { path + "/workspaces" }
    public var evidence: String { path + "/evidence" }
    public var models: String { path + "/models" }
    public var scratch: String { path + "/scratch" }
    public var system: String { path + "/system" }
    public var policy: String { path + "/policy.yml" }
    public var outgoing: String { path + "/outgoing" }
    public var kept: String { path + "/kept" }
    public var digests: String { path + "/digests" }
    public var mlflow: String { path + "/mlflow" }

    public func provenance(_ digest: String) -> String { "\(path)/provenance/\(digest).json" }
    public func signature(_ statement: String) -> String { "\(path)/provenance/\(statement).sig" }

    public func keys(_ name: String) -> String { "\(path)/keys/\(name).pem" }
    public func mirror(_ name: String) -> String { "\(path)/mirrors/\(name).git" }
    public func run(_ id: Int64) -> String { "\(path)/runs/\(id)" }
    public func step(_ run: Int64, _ step: String, attempt: Int) -> String { "\(self.run(run))/\(step)/\(attempt)" }

    /// The data root of an environment: the configured path, relative to the home, or else a default folder.
    public func data(project: String, environment: String, configured: String?) -> String {
        let root = configured ?? "data/\(project)/\(environment)"
        return root.hasPrefix("/") ? root : "\(path)/\(root)"
    }

    /// Creates the folder. Throws a clear error if its path is too long for a unix socket.
    public func prepare() throws {
        guard socket.utf8.count < 108 else {
            throw DaemonError.unusable(
                "the home folder \(path) is too deep: its socket's name may have 107 bytes at most; "
                    + "choose another with --home")
        }
        for folder in [
            path, path + "/runs", workspaces, scratch, system, outgoing, evidence, kept, mlflow, models,
            path + "/mirrors", path + "/data",
            path + "/provenance", path + "/keys",
        ] {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o750])
            } catch {
                throw DaemonError.unusable(
                    "cannot make the folder \(folder): \(systemReason(error)); choose another home with --home")
            }
        }
    }
}

/// The system's message for a Foundation error: `Not a directory`.
package func systemReason(_ error: any Error) -> String {
    guard let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError else { return "\(error)" }
    return String(cString: strerror(cause.code.rawValue))
}

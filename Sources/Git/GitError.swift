import Clibgit2

/// A failed libgit2 call: the operation, its subject, and libgit2's own message.
public struct GitError: Error, Equatable, Sendable, Codable, CustomStringConvertible {
    public let operation: String
    public let subject: String
    public let code: Int32
    public let message: String

    public init(operation: String, subject: String, code: Int32, message: String) {
        self.operation = operation
        self.subject = subject
        self.code = code
        self.message = message
    }

    public var description: String { "cannot \(operation) \(subject): \(message)" }

    /// The object, ref or path does not exist.
    public var isMissing: Bool { code == GIT_ENOTFOUND.rawValue }
}

/// The single funnel for libgit2. Every call goes through it, and it reads the error before another call can replace
/// it.
func check(_ operation: String, _ subject: @autoclosure () -> String, _ call: () -> Int32) throws(GitError) {
    let code = call()
    guard code < 0 else { return }
    let message = git_error_last().flatMap { $0.pointee.message }.map { String(cString: $0) } ?? "unknown error"
    throw GitError(operation: operation, subject: subject(), code: code, message: message)
}

/// Returns the handle that a libgit2 call writes.
func made(_ operation: String, _ subject: @autoclosure () -> String, _ call: (inout OpaquePointer?) -> Int32)
    throws(GitError) -> OpaquePointer
{
    var handle: OpaquePointer?
    try check(operation, subject()) { call(&handle) }
    guard let handle else {
        throw GitError(operation: operation, subject: subject(), code: -1, message: "libgit2 returned nothing")
    }
    return handle
}

/// libgit2's process-wide settings, applied once.
enum Library {
    static let ready: Void = {
        git_libgit2_init()
        // libgit2's owner check asks for a person's consent. Naming a repository to `espalier adopt` is that consent.
        _ = espalier_git_set_owner_validation(0)
        _ = espalier_git_set_strict_object_creation(0)
    }()
}

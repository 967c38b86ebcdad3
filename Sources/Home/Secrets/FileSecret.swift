import Foundation

/// A secret in a file: its contents without surrounding blanks.
struct FileSecret: SecretSource {
    /// In bytes. A larger file is a mistake and not a secret.
    static let limit = 64 << 10

    let path: String

    init?(_ reference: String) {
        guard reference.hasPrefix("/") else { return nil }
        path = reference
    }

    func read() throws(SecretError) -> Secret {
        // Non-blocking: a fifo would wait for a writer. Links are followed, because secrets are often mounted as links.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be read (\(String(cString: strerror(errno))))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure("cannot be read (it is not a file)")
        }
        let bytes: Data
        do {
            // Read one byte more than allowed: a file may grow, and some files report no size.
            bytes = try file.read(upToCount: Self.limit + 1) ?? Data()
        } catch {
            throw failure("cannot be read (\(error))")
        }
        guard bytes.count <= Self.limit else { throw failure("is larger than \(Self.limit >> 10) KiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("is not text in UTF-8") }
        let value = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !value.isEmpty else { throw failure("is empty") }
        return Secret(value: value)
    }

    private func failure(_ what: String) -> SecretError {
        SecretError(description: "the secret in \(path) \(what): put the secret, and nothing else, into that file")
    }
}

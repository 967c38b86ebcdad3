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
        // Non-blocking: opening a fifo would wait for a writer. Links are followed, because secrets are mounted that
        // way.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw SecretError(description: "the secret in \(path) cannot be read") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.limit else {
            throw SecretError(
                description:
                    "\(path) is no file of at most \(Self.limit >> 10) KiB: put the secret, and nothing else, there")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        let bytes = (try? file.read(upToCount: Self.limit)) ?? Data()
        let value = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !value.isEmpty else { throw SecretError(description: "the secret in \(path) is empty: write it there") }
        return Secret(value: value)
    }
}

import Foundation

/// Where the daemon's door to MLflow listens, and the key to all of it. Kept: steps that outlive a daemon find the next one there.
///
/// `HOME/mlflow/address` holds both as the address that an operator gives to a browser or to MLflow's client.
public struct DoorAddress: Sendable, Hashable {
    public let port: Int
    /// Opens the embedded server for whoever can read the home. Tokens of steps are derived from it.
    public let key: String

    public init(port: Int, key: String) {
        self.port = port
        self.key = key
    }

    /// The address without the key.
    public var url: String { "http://127.0.0.1:\(port)" }
    var text: String { "\(url)/\(key)\n" }

    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /http:\/\/127\.0\.0\.1:([0-9]{1,5})\/([0-9a-f]{64})\n?/),
            let port = Int(match.1)
        else { return nil }
        self.init(port: port, key: String(match.2))
    }

    /// The address that a daemon of this home listens on; `nil` if none ever did, or this user may not know.
    public static func read(from home: Home) -> DoorAddress? {
        (try? String(contentsOfFile: home.door, encoding: .utf8)).flatMap(DoorAddress.init)
    }

    /// The address to listen on: the last one, or a new one if its port is somebody else's now.
    public static func prepare(in home: Home, isFree: (Int) -> Bool, freePort: () throws -> Int) throws -> DoorAddress {
        let last = read(from: home)
        if let last, isFree(last.port) { return last }
        var random = SystemRandomNumberGenerator()
        let key = (0..<32).map { _ in
            let byte = UInt8.random(in: 0...255, using: &random)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let made = DoorAddress(port: try freePort(), key: last?.key ?? key)
        try made.write(to: home.door)
        return made
    }

    private func write(to path: String) throws {
        let partial = path + ".partial"
        unlink(partial)
        let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw DaemonError.unusable("cannot write \(path): \(String(cString: strerror(errno)))") }
        try FileHandle(fileDescriptor: file, closeOnDealloc: true).write(contentsOf: Data(text.utf8))
        guard rename(partial, path) == 0 else {
            throw DaemonError.unusable("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}

extension Home {
    var door: String { mlflow + "/address" }
}

import Foundation
import Home
import ProjectFiles
import Projects

extension Policy {
    /// The policy of the daemon with this home. Strict if there is no file.
    ///
    /// - Throws: `Problems` if the file is invalid. A daemon must not start with less than what its operator wrote.
    public static func read(from home: Home) throws -> Policy {
        guard FileManager.default.fileExists(atPath: home.policy) else { return .strict }
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: home.policy)))
        do {
            return try Policy(parseYAML(bytes, file: home.policy))
        } catch let problem as Problem {
            throw Problems([problem])
        }
    }
}

import Foundation
import Home
import ProjectFiles
import Projects

extension Policy {
    /// The policy of the daemon with this home: strict where there is no file.
    ///
    /// - Throws: `Problems` if the file is wrong. A daemon must not start with less than its operator has written.
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

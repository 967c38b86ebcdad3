import Foundation

/// Run a program to its end; its exit code and what it printed, trimmed.
///
/// The output goes through a file: the end of a pipe may be inherited by another program that some test starts at the same
/// moment, and then reading it would wait for that program too.
public func runProgram(
    _ path: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]
) throws -> (code: Int32, output: String) {
    let file = "/tmp/esp-out-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = FileHandle(forWritingAtPath: file)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    process.waitUntilExit()
    let text = try String(contentsOfFile: file, encoding: .utf8)
    return (process.terminationStatus, text.trimmingCharacters(in: .whitespacesAndNewlines))
}

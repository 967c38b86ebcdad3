import Foundation

/// Run a program to its end. Returns its exit code and its output, trimmed.
///
/// The output goes through a file, because a program that another test starts at the same moment may inherit the end of a
/// pipe, and then reading it would wait for that program, too.
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

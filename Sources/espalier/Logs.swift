import Answering
import ArgumentParser
import Foundation
import Reports

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the logs of a run's steps.")

    @Argument(help: "Number of a run.") var run: Int64
    @Argument(help: "Name of a step. Default: all steps.") var step: String?
    @Flag(name: .shortAndLong, help: "Follow until the run has ended.") var follow = false
    @OptionGroup var home: HomeOption
    @OptionGroup var json: JSONFlag

    private struct StepLog: Encodable {
        let step: String
        let text: String
    }

    func run() async throws {
        let reporter = try Reporter(home: home.value)
        let names = try await reporter.detail(run).steps.map(\.name)
        if let step, !names.contains(step) {
            throw Complaint(description: "run \(run) has no step '\(step)': it has \(names.joined(separator: ", "))")
        }
        var logs: [StepLog] = []
        for name in step.map({ [$0] }) ?? names {
            if json.json {
                logs.append(StepLog(step: name, text: try await text(of: name, reporter)))
            } else {
                if step == nil { print("== \(name)") }
                try await copy(name, reporter)
            }
        }
        if json.json { try printJSON(logs) }
    }

    private func text(of step: String, _ reporter: Reporter) async throws -> String {
        var bytes: [UInt8] = []
        while let part = try await reporter.log(run: run, step: step, from: Int64(bytes.count), limit: 1 << 20),
            !part.bytes.isEmpty
        {
            bytes += part.bytes
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func copy(_ step: String, _ reporter: Reporter) async throws {
        var offset: Int64 = 0
        while let part = try await reporter.log(run: run, step: step, from: offset, limit: 1 << 20) {
            StandardOutput.write(Data(part.bytes))
            offset = part.next
            if !part.bytes.isEmpty { continue }
            let ended = try await reporter.detail(run).run.isOver
            if part.isOver || ended || !follow { return }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

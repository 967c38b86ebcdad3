import ArgumentParser
import Daemon
import Foundation
import Home
import Logging
import Reports
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch repositories and run what their pushes, changes and schedules start.",
        discussion: "Ctrl-C or SIGTERM ends the daemon. Running steps continue, and the next daemon takes them over.")

    @OptionGroup var home: HomeOption
    @Option(help: "Address to listen on.") var host = "127.0.0.1"
    @Option(help: "Port of the pages and the API, up to 65535; 0 lets the system choose.") var port: UInt16 = 8420
    @Option(help: "Steps that run at once.") var slots = 2
    @Option(
        help: "A Python with MLflow's server, for `registry: embedded`. Default: $ESPALIER_MLFLOW_PYTHON, else python3."
    )
    var mlflowPython: String?
    @Option(help: "Seconds between scans of all repositories, in case hooks and inotify miss a push.") var lookEvery =
        60
    @Option(help: "Seconds between fetches of remote repositories, and between requests to forges.") var fetchEvery =
        60
    @OptionGroup var patience: PatienceOption
    @Option(help: "Public URL of the pages, for links on forges: https://ci.example.org/.") var url: String?
    @Option(help: "Days to keep unused workspaces, unused results, and the outputs of ended runs.") var keepDays = 30
    @Option(help: "Total GiB of results to keep for reuse.") var keepGib = 20
    @OptionGroup var json: JSONFlag
    @Option(help: "trace, debug, info, notice, warning or error.") var logLevel = "info"

    /// The output of `--json` once the daemon accepts requests.
    private struct Started: Encodable {
        let address: String
        let home: String
        let pid: Int32
    }

    func validate() throws {
        guard slots > 0, lookEvery > 0, fetchEvery > 0, keepDays >= 0, keepGib >= 0 else {
            throw ValidationError(
                "--slots, --look-every and --fetch-every must be at least 1, --keep-days and --keep-gib at least 0"
            )
        }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError(
                "--log-level is one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func run() async throws {
        LoggingSystem.bootstrap { PlainLog(label: $0) }
        var logger = Logger(label: "espalier")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        var options = DaemonOptions(
            home: home.value, host: host, port: port, slots: slots, mlflowPython: mlflowPythonPath(mlflowPython),
            minder: sibling("espalier-minder"), lookEvery: lookEvery, fetchEvery: fetchEvery)
        options.patience = patience.patience
        options.publicAddress = url.map { $0.hasSuffix("/") ? $0 : "\($0)/" }
        options.keeping = Keeping(days: keepDays, bytes: Int64(keepGib) << 30)
        options.announce = { [home = home.value.path, json = json.json, logger] address in
            let started = Started(address: address, home: home, pid: ProcessInfo.processInfo.processIdentifier)
            let line = json ? (try? Reports.json(started, pretty: false)) : Data("The board is at \(address)".utf8)
            // The daemon continues even if nobody reads this.
            if let code = StandardOutput.tryWriting((line ?? Data()) + Data("\n".utf8)) {
                logger.warning("cannot print the address \(address): \(String(cString: strerror(code)))")
            }
        }
        let daemon = try Daemon(options, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [daemon], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        try await group.run()
    }
}

func mlflowPythonPath(_ option: String?) -> String {
    option ?? ProcessInfo.processInfo.environment["ESPALIER_MLFLOW_PYTHON"] ?? "python3"
}

/// Path of a program in the same folder as this one.
func sibling(_ name: String) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
}

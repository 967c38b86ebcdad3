import Executing
import Foundation
import Home
import Logging
import Minding
import Programs

/// The sandbox of the embedded MLflow server: its own folder, its Python, and no network. It is reached by a socket in that folder.
struct ServerSandbox: Sendable {
    let home: Home
    let python: String
    let logger: Logger

    /// `nil` if this machine has none, or if the Python does not start in it; the log says why.
    func make() async -> Sandbox? {
        guard let bubblewrap, let python = python.hasPrefix("/") ? python : Program.find(python) else { return nil }
        do {
            // Says where it looks for modules; with a wrapper, those of the Python that it starts.
            let asked = try await Program(
                python, ["-c", "import sys; print(*[sys.prefix, sys.base_prefix, *sys.path], sep='\\n')"]
            ).run(most: 1 << 16)
            guard asked.code == 0 else { return nil }
            let folders = String(decoding: asked.output, as: UTF8.self).split(separator: "\n").map(String.init)
            let sandbox = try sandbox(bubblewrap, showing: folders + [python])
            let own = ProcessInfo.processInfo.environment
            let variables = ["PATH", "HOME", "LANG"].compactMap { name in own[name].map { (key: name, value: $0) } }
            let tried = try await Program(
                bubblewrap,
                sandbox.arguments(variables: variables, folder: home.mlflow) + ["--", python, "-c", "import uvicorn"],
                environment: [:]
            ).run(most: 1 << 16)
            if tried.code == 0 { return sandbox }
            let reason = String(decoding: tried.errors, as: UTF8.self).split(separator: "\n").last ?? "it ended"
            logger.warning(
                "the embedded MLflow server runs without a sandbox, because \(python) does not start in it: \(reason)")
        } catch {
            logger.warning("the embedded MLflow server runs without a sandbox: \(error)")
        }
        return nil
    }

    private func sandbox(_ bubblewrap: String, showing paths: [String]) throws -> Sandbox {
        var seen: Set<String> = []
        let shown = paths.filter { path in
            // Not the home, nor what is around it.
            path.hasPrefix("/") && path != "/" && !(home.path + "/").hasPrefix(path + "/")
                && !path.hasPrefix(home.path + "/")
                && !Self.system.contains { path == $0 || path.hasPrefix($0 + "/") } && seen.insert(path).inserted
        }
        // MLflow keeps uploads there until they are whole: not in memory.
        let temporary = home.mlflow + "/tmp"
        try? FileManager.default.removeItem(atPath: temporary)
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        return Sandbox(
            program: bubblewrap,
            system: SandboxPart.programs + [.shown(try SystemSettings(folder: home.system).current(), at: "/etc")],
            readable: [], optional: shown, writable: [home.mlflow], temporary: temporary,
            hasNetwork: false)
    }

    private static let system = ["/usr", "/bin", "/sbin", "/lib"]
}

import Executing
import Foundation
import Home
import Logging
import Minding
import Projects
import Registry

/// Provides registries: existing servers by URL, and one embedded server that starts when it is first needed.
///
/// The embedded server runs under a minder, as steps do, so that training jobs keep it when the daemon restarts.
package actor Registries {
    private let home: Home
    private let minders: Minders
    private let python: String
    private let logger: Logger
    /// Whether to give up on a server that ends before it was ready. Set when a person is waiting, who can fix it at
    /// once.
    private let givesUp: Bool
    /// What the embedded server may see and change.
    private let sandbox: (@Sendable () async -> Sandbox?)?
    /// The door that everybody reaches the embedded server by; `nil` if it listens on loopback itself.
    private let door: DoorAddress?
    /// Serializes moves of aliases between daemons.
    package nonisolated let leases: ModelLeases
    /// Of other people's servers.
    private var clients: [ClientKey: MLflow] = [:]
    /// The servers that get the daemon's token; `nil` for all, where a person runs what is theirs.
    private let named: (@Sendable () async -> Set<String>)?
    /// Those of them that were asked for, and when.
    private var trusted: [String: ContinuousClock.Instant] = [:]

    private struct ClientKey: Hashable {
        let url: String
        let hasToken: Bool
    }

    /// Of the embedded server.
    private var ownClient: MLflow?
    private var supervision: Task<Void, Never>?
    private var wasReady = false
    /// Experiments that exist, or that the owner of the server has to create: server and name.
    private var experiments: Set<[String]> = []
    /// Why the last server that never became ready ended.
    private var failure: String?

    package init(
        home: Home, minders: Minders, python: String, logger: Logger, givesUp: Bool = false, door: DoorAddress? = nil,
        named: (@Sendable () async -> Set<String>)? = nil, sandbox: (@Sendable () async -> Sandbox?)? = nil
    ) {
        self.sandbox = sandbox
        self.door = door
        self.named = named
        self.home = home
        self.minders = minders
        self.python = python
        self.logger = logger
        self.givesUp = givesUp
        leases = ModelLeases(home: home)
    }

    private var folder: StepFolder { StepFolder(home.mlflow) }

    /// The client of a configured server. Starts the server if it is the embedded one; it may not be ready yet.
    package func registry(_ settings: RegistrySettings) async throws -> MLflow {
        switch settings.server {
        case .url(let url): return await client(url)
        case .embedded:
            let server = try embedded()
            supervised(server)
            let made =
                ownClient ?? door.map { MLflow(url: $0.url, token: $0.key) } ?? MLflow(url: server.url ?? "")
            ownClient = made
            return made
        }
    }

    /// Where a configured server listens, and what it wants as `Authorization`. Starts the embedded one.
    func address(of server: RegistrySettings.Server) async throws -> (server: ServerAddress, authorization: String?) {
        switch server {
        case .url(let url):
            let registry = await client(url)
            guard let address = ServerAddress(url: registry.url) else {
                throw RegistryError.unreachable(registry.url, reason: "that is not a URL")
            }
            return (address, registry.authorization)
        case .embedded:
            let server = try embedded()
            supervised(server)
            return (server.address, nil)
        }
    }

    private func supervised(_ server: EmbeddedServer) {
        if supervision == nil { supervision = Task { await supervise(server) } }
    }

    /// Makes sure that a step can log to the experiment. Waits for the embedded server only. Other servers are up to
    /// their owners and hold up nobody.
    ///
    /// - Throws: `RegistryError.unreachable` while the embedded server is starting; `DaemonError` once it is given up.
    package func prepare(_ settings: RegistrySettings, experiment: String) async throws {
        let registry = try await registry(settings)
        if settings.server == .embedded { try await requireReady(registry) }
        guard !experiments.contains([registry.url, experiment]) else { return }
        do {
            try await registry.ensureExperiment(experiment)
        } catch {
            if settings.server == .embedded { throw error }
            logger.notice("the experiment \(experiment) is left to its steps to make: \(error)")
        }
        experiments.insert([registry.url, experiment])
    }

    private func requireReady(_ registry: MLflow) async throws {
        guard !wasReady else { return }
        guard await registry.isReady() else {
            if let failure, givesUp {
                throw DaemonError.refused("the embedded MLflow server does not start: \(failure)")
            }
            throw RegistryError.unreachable(registry.url, reason: failure ?? "it is starting")
        }
        wasReady = true
        failure = nil
    }

    private func client(_ url: String) async -> MLflow {
        let token = trackingToken()
        let key = ClientKey(url: url, hasToken: token == nil ? false : await isTrusted(url))
        if let known = clients[key] { return known }
        let made = MLflow(url: url, token: key.hasToken ? token : nil)
        clients[key] = made
        return made
    }

    /// Whether a server gets the daemon's token.
    private func isTrusted(_ url: String) async -> Bool {
        guard let named else { return true }
        if let at = trusted[url], ContinuousClock.now - at < .seconds(10) { return true }
        let isTrusted = MLflow.isSame(url, asOneOf: await named())
        trusted[url] = isTrusted ? .now : nil
        return isTrusted
    }

    /// Keeps the server running until it is told to stop.
    private func supervise(_ server: EmbeddedServer) async {
        var failures = 0
        await endServer(ofBefore: server)
        while !Task.isCancelled {
            let began = Date()
            do {
                if !minders.isAlive(folder) {
                    try start(server, in: await sandbox?())
                    logger.info("the embedded MLflow server starts on \(server.place)")
                }
            } catch {
                logger.error("the embedded MLflow server does not start: \(error)")
            }
            let ending = await minders.end(of: folder)
            if Task.isCancelled { return }
            if !wasReady { failure = whyItEnded }
            wasReady = false
            failures = Date().timeIntervalSince(began) > 60 ? 0 : failures + 1
            logger.warning(
                "the embedded MLflow server ended (\(ending.map { "\($0)" } ?? "killed")): see \(folder.log)")
            try? await Task.sleep(for: .seconds(min(60, 1 << min(failures, 6))))
        }
    }

    /// Includes the last line of its log, which says the most, for example: no module named mlflow.
    private var whyItEnded: String {
        let last = folder.logTail.last
        let advice =
            last?.contains("No module named") ?? false
            ? "give a Python that has MLflow by --mlflow-python or $ESPALIER_MLFLOW_PYTHON" : "see \(folder.log)"
        return "\(python) ended" + (last.map { ": \($0)" } ?? "") + "; \(advice)"
    }

    private func start(_ server: EmbeddedServer, in sandbox: Sandbox?) throws {
        for leftover in [folder.exit, folder.lock] { try? FileManager.default.removeItem(atPath: leftover) }
        var environment = server.environment
        for name in ["PATH", "HOME", "LANG"] { environment[name] = ProcessInfo.processInfo.environment[name] }
        _ = try minders.start(
            MinderRequest(
                folder: folder, workingFolder: server.folder, command: server.command, sandbox: sandbox,
                environment: environment, timeout: nil))
    }

    /// A server that a version without the door has left listens on loopback, where steps reach it.
    private func endServer(ofBefore server: EmbeddedServer) async {
        guard case .socket = server.place, minders.isAlive(folder), !server.isListening else { return }
        minders.stop(folder)
        _ = await minders.end(of: folder)
    }

    /// Behind the door it listens on a socket. Otherwise on a port that is chosen once and kept.
    private func embedded() throws -> EmbeddedServer {
        if door != nil {
            // Its socket is open to everybody who can reach it.
            chmod(home.mlflow, 0o700)
            return EmbeddedServer(python: python, folder: home.mlflow, place: .socket)
        }
        let file = home.mlflow + "/port"
        let kept = (try? String(contentsOfFile: file, encoding: .utf8)).flatMap(Int.init)
        let port = try kept ?? freePort()
        if kept == nil { try String(port).write(toFile: file, atomically: true, encoding: .utf8) }
        return EmbeddedServer(python: python, folder: home.mlflow, place: .port(port))
    }

    /// Stops the embedded server.
    package func stop() async {
        supervision?.cancel()
        guard minders.isAlive(folder) else { return }
        minders.stop(folder)
        _ = await minders.end(of: folder)
    }
}

/// A loopback TCP port that nobody listens on.
package func freePort() throws -> Int { try portIfFree(0) }

/// That port of loopback, or any free one for 0.
///
/// - Throws: if somebody listens there.
package func portIfFree(_ port: Int) throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else {
        throw DaemonError.unusable("no socket can be made: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var isReused: Int32 = 1
    if port > 0 {
        // As the server does that will listen there, right after another one.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
        }
    }
    guard bound else { throw DaemonError.unusable("no free port on loopback: \(String(cString: strerror(errno)))") }
    return Int(UInt16(bigEndian: address.sin_port))
}

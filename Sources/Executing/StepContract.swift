import Events
import Foundation
import Home
import Minding
import Plans
import Programs
import Projects
import Runs

/// What a step's command gets: its variables, its folders, its sandbox.
struct StepContract {
    let job: Job
    let home: Home
    let folder: StepFolder
    let layer: Layer
    let machine: MachineParts

    init(_ job: Job, home: Home, layer: Layer, machine: MachineParts) {
        self.job = job
        self.home = home
        self.layer = layer
        self.machine = machine
        folder = home.folder(of: job.attempt)
    }

    /// The complete environment of the command. It takes only what any program needs from the daemon's own environment.
    func environment() throws -> [String: String] {
        let plan = job.run.plan
        var variables: [String: String] = [:]
        for name in ["PATH", "LANG", "LC_ALL", "TZ"] { variables[name] = Self.inherited[name] }
        variables["CI"] = "true"
        // In a sandbox the temporary folder is `/tmp`, which keeps paths of sockets short.
        let temporary = try sandboxProgram() == nil ? layer.temporary : "/tmp"
        variables["HOME"] = temporary
        variables["TMPDIR"] = temporary
        variables.merge(plan.settings.env) { $1 }
        for (name, value) in job.step.env { variables[name] = try job.progress.resolved(value) }
        variables["ESPALIER_RUN"] = String(job.run.id)
        variables["ESPALIER_STEP"] = job.step.name
        variables["ESPALIER_COMMIT"] = plan.commit.description
        variables["ESPALIER_BRANCH"] = plan.branch
        variables["ESPALIER_ENVIRONMENT"] = plan.environment
        variables["ESPALIER_CONFIG"] = folder.config
        variables["ESPALIER_OUTPUTS"] = layer.outputs
        variables["ESPALIER_OUTPUT"] = layer.output
        variables["ESPALIER_INPUTS"] = layer.inputs
        variables["ESPALIER_DATA"] = isIsolated ? nil : home.dataRoot(of: plan)
        variables["ESPALIER_LOGICAL_TIME"] = plan.trigger.logicalTime.map { $0.formatted(.iso8601) }
        variables.merge(job.variables) { $1 }
        variables["ESPALIER_ATTEMPT"] = String(job.attempt.number)
        return variables
    }

    /// Creates the folders that the command reads and writes.
    func prepare() throws {
        for path in [folder.path, home.dataRoot(of: job.run.plan)] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try Data((job.step.configuration ?? job.run.plan.configuration).utf8)
            .write(to: URL(fileURLWithPath: folder.config))
        for needed in job.run.plan.upstream(of: job.step) {
            let link = "\(layer.inputs)/\(needed.name)"
            let source = home.folder(of: job.progress.lastAttempt(at: needed.name, of: job.run.id))
            try FileManager.default.createDirectory(atPath: source.outputs, withIntermediateDirectories: true)
            try? FileManager.default.removeItem(atPath: link)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: source.outputs)
        }
    }

    /// The program of the command's sandbox; `nil` without one.
    ///
    /// - Throws: `DaemonError` if its environment requires a sandbox and this machine has none.
    private func sandboxProgram() throws -> String? {
        switch job.run.plan.settings.sandbox {
        case .off: return nil
        case .bestEffort: return bubblewrap
        case .required:
            if let bubblewrap { return bubblewrap }
            throw DaemonError.refused(
                "its environment requires a sandbox, and bubblewrap is not installed: install it, or set "
                    + "`sandbox: best-effort`")
        }
    }

    /// The sandbox of the command; `nil` without one. A step that declares its inputs cannot write to the data root: its
    /// outputs are its only effect, so that a reused result can replace it.
    func sandbox() throws -> Sandbox? {
        guard let program = try sandboxProgram() else { return nil }
        let settings = job.run.plan.settings
        let data = isIsolated ? [] : [home.dataRoot(of: job.run.plan)]
        let readsOnly = !job.step.inputs.isEmpty || job.step.isPlan
        return Sandbox(
            program: program,
            system: SandboxPart.programs + [.shown(try machine.settings.current(), at: "/etc")],
            readable: readableOutputs + [layer.inputs] + (readsOnly ? data : [])
                + [job.variables["ESPALIER_MODEL"]].compactMap(\.self),
            optional: machine.readable + datasets,
            writable: [layer.tree, layer.outputs, layer.output] + (readsOnly ? [] : data),
            devices: machine.devices,
            temporary: layer.temporary, hasNetwork: !isIsolated && !(settings.isIsolated ?? false))
    }

    private var isIsolated: Bool { job.step.isIsolated ?? false }

    /// What steps of the run left: an isolated step sees only those that it needs, because no other is in its key.
    private var readableOutputs: [String] {
        guard isIsolated else { return [home.run(job.run.id)] }
        return job.run.plan.upstream(of: job.step).map {
            home.folder(of: job.progress.lastAttempt(at: $0.name, of: job.run.id)).outputs
        } + [folder.config]
    }

    /// The datasets that the step declares and that lie outside the data root.
    private var datasets: [String] {
        guard !isIsolated, !(job.run.plan.settings.isIsolated ?? false) else { return [] }
        return (job.step.datasets ?? [:]).values.compactMap { dataset in
            if case .path(let path) = dataset, path.hasPrefix("/") { path } else { nil }
        }.sorted()
    }

    private static let inherited = ProcessInfo.processInfo.environment
}

/// Path of bubblewrap's program, if it is installed.
package let bubblewrap = Program.find("bwrap")

extension Home {
    /// The data root of a plan's steps. Code from outside gets its own folder instead of the environment's data.
    package func dataRoot(of plan: Plan) -> String {
        if plan.settings.isIsolated ?? false {
            return data(project: plan.project, environment: "of-\(plan.branch)", configured: nil)
        }
        return data(project: plan.project, environment: plan.environment, configured: plan.settings.dataRoot)
    }
}

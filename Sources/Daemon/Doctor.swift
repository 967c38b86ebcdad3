import Curl
import Reports
import Executing
import Following
import Foundation
import Git
import Home
import Minding
import Notices
import Programs
import Projects
import Store

/// Checks everything that the daemon depends on.
public struct Doctor: Sendable {
    let home: Home
    let minder: String
    let mlflowPython: String

    public init(home: Home, minder: String, mlflowPython: String) {
        self.home = home
        self.minder = minder
        self.mlflowPython = mlflowPython
    }

    public func examine() async -> [Diagnosis] {
        let findings = await [programs(), git(), sandbox(), overlay(), cgroups(), registry(), daemon()]
        return await findings + storage()
    }

    private func programs() -> Diagnosis {
        FileManager.default.isExecutableFile(atPath: minder)
            ? Diagnosis(subject: "minder", state: .ok, detail: minder)
            : Diagnosis(subject: "minder", state: .broken, detail: "\(minder) is missing: build with `swift build`")
    }

    private func git() async -> Diagnosis {
        let (code, text) = await capture(["git", "--version"])
        let numbers = text.split(whereSeparator: { !$0.isNumber }).compactMap { Int($0) }
        guard code == 0, numbers.count >= 2 else {
            return Diagnosis(subject: "git", state: .broken, detail: "git does not run: apt-get install git")
        }
        let version = "\(numbers[0]).\(numbers[1])"
        if (numbers[0], numbers[1]) < (2, 29) {
            return Diagnosis(
                subject: "git", state: .warning, detail: "\(version): pushes to refs/for/… need 2.29 or newer")
        }
        return Diagnosis(subject: "git", state: .ok, detail: version)
    }

    private func sandbox() async -> Diagnosis {
        guard let bubblewrap else {
            return Diagnosis(
                subject: "sandbox", state: .broken,
                detail: "bubblewrap is missing, and `sandbox: required` is the default: apt-get install bubblewrap")
        }
        let sandbox = Sandbox(program: bubblewrap, readable: [], writable: [])
        let (code, text) = await capture(
            [bubblewrap] + sandbox.arguments(variables: [], folder: "/") + ["--", "/bin/true"])
        return code == 0
            ? Diagnosis(
                subject: "sandbox", state: .ok,
                detail: "bubblewrap works"
                    + (Sandbox.keepsSocketsApart
                        ? "" : "; steps reach abstract unix sockets of the machine, which Linux 6.12 can keep apart"))
            : Diagnosis(
                subject: "sandbox", state: .broken,
                detail: "bubblewrap does not work here (0.8 or newer is needed): \(text)")
    }

    private func overlay() async -> Diagnosis {
        let folder = NSTemporaryDirectory() + "espalier-doctor-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for part in ["lower", "step"] {
            try? FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
        }
        let lock = FileManager.default.createFile(atPath: "\(folder)/step/lock", contents: nil)
        let (_, text) = await capture([
            minder, "--dir", "\(folder)/step", "--lower", "\(folder)/lower", "--layer", "\(folder)/layer", "--", "true",
        ])
        let record = (try? String(contentsOfFile: "\(folder)/step/exit", encoding: .utf8)) ?? text
        return lock && record.hasPrefix("exited 0")
            ? Diagnosis(subject: "workspaces", state: .ok, detail: "overlayfs works")
            : Diagnosis(
                subject: "workspaces", state: .broken,
                detail:
                    "no step can have a layer of its own: \(record.trimmingCharacters(in: .whitespacesAndNewlines)); "
                    + "run as root, or enable user namespaces (kernel 5.11 or newer)")
    }

    private func cgroups() -> Diagnosis {
        let groups = ControlGroups.find(name: groupName(of: home) + "-doctor")
        defer { groups.remove() }
        let missing = groups.missing(for: Limits(cpus: 1, memory: 1, processes: 1))
        let versions = Set(groups.controllers.values.map(\.isUnified)).map { $0 ? "v2" : "v1" }.sorted()
        guard missing.isEmpty else {
            return Diagnosis(
                subject: "cgroups", state: .warning,
                detail:
                    "no writable control group for \(missing.joined(separator: ", ")) of compute:, so steps that ask for it are "
                    + "refused where `sandbox: required`, and run without it where `best-effort`: run the daemon as root, or "
                    + "as a systemd service with Delegate=yes")
        }
        return Diagnosis(
            subject: "cgroups", state: .ok,
            detail: "\(versions.joined(separator: " and ")): cpus, memory and processes of compute: are enforced")
    }

    private func registry() async -> Diagnosis {
        let (code, text) = await capture([
            mlflowPython, "-c", "import mlflow.server, uvicorn; print(mlflow.__version__)",
        ])
        return code == 0
            ? Diagnosis(
                subject: "registry", state: .ok,
                detail: "MLflow \(text.trimmingCharacters(in: .whitespacesAndNewlines))")
            : Diagnosis(
                subject: "registry", state: .warning,
                detail:
                    "\(mlflowPython) has no MLflow server, so `registry: embedded` cannot start: run scripts/setup, or give --mlflow-python"
            )
    }

    private func daemon() -> Diagnosis {
        HomeLock.isHeld(home)
            ? Diagnosis(subject: "daemon", state: .ok, detail: "running on \(home.path)")
            : Diagnosis(
                subject: "daemon", state: .warning,
                detail: "not running on \(home.path): start it with `espalier serve`")
    }

    private func storage() async -> [Diagnosis] {
        guard FileManager.default.fileExists(atPath: home.database) else {
            return [Diagnosis(subject: "store", state: .warning, detail: "\(home.database) does not exist yet")]
        }
        do {
            let store = try StoreReader(path: home.database)
            defer { try? store.close() }
            var findings = [Diagnosis(subject: "store", state: .ok, detail: "\(home.database) can be read")]
            for row in try await store.unreadable() {
                findings.append(
                    Diagnosis(
                        subject: "store", state: .broken,
                        detail: "\(row). It waits, and nothing else does: run the version that wrote it, or a newer one"
                    ))
            }
            // Hooks are examined below, as they are now.
            for trouble in try await store.troubles() where trouble.place.kind != .hooks {
                findings.append(
                    Diagnosis(
                        subject: trouble.place.project.map { "project \($0)" } ?? "daemon", state: .broken,
                        detail: "\(trouble.what), since \(trouble.since.formatted(.iso8601)): \(trouble.remedy)"))
            }
            for project in try await store.projects() { findings.append(examine(project)) }
            if try await !store.channelsInUse().isEmpty { findings.append(notices()) }
            return findings
        } catch {
            return [Diagnosis(subject: "store", state: .broken, detail: "\(error)")]
        }
    }

    private func notices() -> Diagnosis {
        Curl.program.map { Diagnosis(subject: "notices", state: .ok, detail: "sent by \($0)") }
            ?? Diagnosis(
                subject: "notices", state: .broken,
                detail: "curl is missing, so `notify:` cannot send anything: apt-get install curl")
    }

    private func examine(_ project: StoredProject) -> Diagnosis {
        let subject = "project \(project.name)"
        do {
            _ = try Repository(at: project.repository)
        } catch {
            return Diagnosis(subject: subject, state: .broken, detail: "\(error)")
        }
        if project.url == nil, let problem = Hooks(home: home).problem(of: project.repository) {
            return Diagnosis(subject: subject, state: .warning, detail: "\(problem.what): \(problem.remedy)")
        }
        return Diagnosis(subject: subject, state: .ok, detail: project.url.map(redacted) ?? project.repository)
    }

    /// The output of a program from `PATH`, including standard error if it fails.
    private func capture(_ command: [String]) async -> (code: Int32, text: String) {
        do {
            let ending = try await Program("/usr/bin/env", command).run()
            let said = ending.code == 0 ? ending.output : ending.output + ending.errors
            return (ending.code, String(decoding: said, as: UTF8.self))
        } catch {
            return (-1, "\(error)")
        }
    }
}

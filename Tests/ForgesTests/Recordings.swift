import Foundation

@testable import Forges

/// Deliveries and answers that real forges sent, with their sources in `MANIFEST.json`. They are not part of the repository.
struct Recordings {
    let folder: URL

    /// `$ESPALIER_SHARED/payloads`, else `payloads` in the folder `shared` beside the package.
    static var expected: URL {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["ESPALIER_SHARED"].map { URL(fileURLWithPath: $0) }
        return (shared ?? root.deletingLastPathComponent().appendingPathComponent("shared"))
            .appendingPathComponent("payloads")
    }

    /// Nil, and a printed line, if they are missing.
    static let found: Recordings? = {
        let folder = expected
        guard FileManager.default.fileExists(atPath: folder.appendingPathComponent("MANIFEST.json").path) else {
            print("skipped: \(folder.path) is not there (set ESPALIER_SHARED to the folder that holds payloads)")
            return nil
        }
        return Recordings(folder: folder)
    }()

    struct Entry: Decodable {
        let file: String
        let kind: String
        let forge: String
        let headers: [String: String]
    }

    func entries(_ kind: String) throws -> [Entry] {
        try JSONDecoder().decode([Entry].self, from: Data(try bytes("MANIFEST.json"))).filter { $0.kind == kind }
    }

    func bytes(_ file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(file)))
    }

    func delivery(_ entry: Entry) throws -> Delivery {
        Delivery(headers: HeaderFields(entry.headers), body: try bytes(entry.file))
    }
}

extension ForgeKind {
    /// As the recordings call it; nil for forges that are not among the four.
    init?(recorded name: String) { self.init(rawValue: name.replacing("_", with: "-")) }
}

extension ForgeSettings {
    /// Of the project that a recorded delivery is about.
    static func owner(of body: [UInt8], _ kind: ForgeKind) throws -> ForgeSettings {
        struct Owner: Decodable {
            struct Named: Decodable {
                struct Project: Decodable { let name: String }
                let full_name: String?
                let path_with_namespace: String?
                let name: String?
                let project: Project?
            }
            struct Resource: Decodable { let repository: Named? }
            let repository: Named?
            let project: Named?
            let resource: Resource?
        }
        let owner = try JSONDecoder().decode(Owner.self, from: Data(body))
        let azure = owner.resource?.repository.map { "acme/\($0.project?.name ?? "ml")/\($0.name ?? "models")" }
        let plain = kind == .azureDevOps ? "acme/ml/models" : "acme/models"
        let name = kind == .gitlab ? owner.project?.path_with_namespace : owner.repository?.full_name
        return try ForgeSettings(
            kind: kind, api: kind == .gitea ? "https://git.example.org" : nil, repository: azure ?? name ?? plain)
    }
}

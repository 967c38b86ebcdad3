extension MLflow {
    /// What the server knows of a run or a logged model; `nil` if there is none.
    public func tracked(_ id: TrackedID) async throws(RegistryError) -> Tracked? {
        do {
            switch id {
            case .run(let run):
                struct Answer: Decodable {
                    struct Run: Decodable {
                        let info: Info
                        let data: Tags?
                    }
                    struct Tags: Decodable { let tags: [Tag]? }
                    let run: Run
                }
                let found = try await get("runs/get", ["run_id": run], as: Answer.self).run
                return found.info.tracked(found.data?.tags)
            case .model(let model):
                struct Answer: Decodable {
                    struct Model: Decodable { let info: Info }
                    let model: Model
                }
                let info = try await get("logged-models/\(model)", [:], as: Answer.self).model.info
                return info.tracked(info.tags)
            }
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
    }

    /// The number of an experiment; `nil` if there is none of that name.
    public func experimentID(of name: String) async throws(RegistryError) -> String? {
        struct Answer: Decodable {
            struct Experiment: Decodable { let experimentId: String }
            let experiment: Experiment
        }
        do {
            return try await get("experiments/get-by-name", ["experiment_name": name], as: Answer.self)
                .experiment.experimentId
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
    }
}

private struct Tag: Decodable {
    let key: String
    let value: String?
}

private struct Info: Decodable {
    let experimentId: String
    let artifactUri: String?
    let tags: [Tag]?

    func tracked(_ tags: [Tag]?) -> Tracked {
        Tracked(
            experiment: experimentId, owner: tags?.first { $0.key == StepGrant.ownerTag }?.value,
            root: artifactUri.flatMap(artifactPath))
    }
}

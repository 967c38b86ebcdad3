import Reports

extension Page {
    /// Model versions of the registries, with their lineage.
    static let models = Page(
        path: "/models", place: .entry("Models"),
        template: """
            <div class="title"><h1>Models</h1></div>
            {{#isEmpty}}<p class="none">No model is registered, or the registry does not answer.</p>{{/isEmpty}}
            {{^isEmpty}}
            <table class="cards">
            <thead><tr><th>Model</th><th class="number">Version</th><th>Aliases</th><th>Stage</th><th>Environment</th><th>Commit</th><th>Run</th><th>Lineage</th></tr></thead>
            <tbody>
            {{#items}}
            <tr>
            <td data-label="Model">{{name}}</td>
            <td data-label="Version" class="number">{{version}}</td>
            <td data-label="Aliases">{{#aliases}}<span class="label">{{.}}</span> {{/aliases}}{{#.remark}}<small class="bad">{{.}}</small>{{/.remark}}</td>
            <td data-label="Stage">{{.stage}}</td>
            <td data-label="Environment">{{.environment}}</td>
            <td data-label="Commit">{{#.commit}}{{> hash}}{{/.commit}}</td>
            <td data-label="Run">{{#.run}}<a href="/runs/{{.}}">#{{.}}</a>{{/.run}}</td>
            <td data-label="Lineage"><details><summary>tags</summary>{{#.tags}}<p class="pair"><span class="dim">{{key}}</span> <code>{{value}}</code></p>{{/.tags}}</details></td>
            </tr>
            {{/items}}
            </tbody>
            </table>
            {{/isEmpty}}
            """
    ) { request in
        Content("Models", ListContent(try await request.answers.models().map(ModelView.init)))
    }
}

/// A version of a model.
struct ModelView {
    let name: String
    let version: String
    let aliases: [String]
    let stage: String?
    let remark: String?
    let tags: [Pair]
    /// Lineage, from the tags that registering sets; nil where a tag is missing.
    let run: Int64?
    let commit: HashMark?
    let environment: String?

    init(_ model: ModelReport) {
        name = model.name
        version = model.version
        aliases = model.aliases
        remark = model.remark
        stage = model.stage.isEmpty || model.stage == "None" ? nil : model.stage
        tags = Pair.sorted(model.tags)
        run = model.tags["espalier.run"].flatMap { Int64($0) }
        commit = model.tags["espalier.commit"].map(HashMark.init)
        environment = model.tags["espalier.environment"]
    }
}

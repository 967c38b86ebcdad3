extension Page {
    /// Changes at the gate.
    static let changes = Page(
        path: "/changes", place: .entry("Changes"),
        template: """
            <div class="title"><h1>Changes</h1></div>
            {{#isEmpty}}<p class="none">No change has been proposed. Propose one with <code>git push origin HEAD:refs/for/main</code>.</p>{{/isEmpty}}
            {{^isEmpty}}
            <div id="changes" data-live="5">
            <table class="cards">
            <thead><tr><th class="number">Change</th><th>Title</th><th>Into</th><th>Head</th><th>State</th><th>Reason</th><th>Checks</th></tr></thead>
            <tbody>
            {{#items}}
            <tr>
            <td data-label="Change" class="number"><a href="/changes/{{id}}">{{id}}</a></td>
            <td data-label="Title">{{#.url}}<a href="{{.}}">{{/.url}}{{title}}{{#.url}}</a>{{/.url}} <span class="dim">{{author}}, {{topic}}{{#.approvedBy}}; approved by {{.}}{{/.approvedBy}}</span></td>
            <td data-label="Into" class="branch">{{target}}</td>
            <td data-label="Head">{{#head}}{{> hash}}{{/head}}</td>
            <td data-label="State">{{#outcome}}{{> state}}{{/outcome}}{{#.place}} <span class="dim">place {{.}}</span>{{/.place}}</td>
            <td data-label="Reason">{{.reason}}</td>
            <td data-label="Checks">{{#.runs}}<a href="/runs/{{.}}">#{{.}}</a> {{/.runs}}</td>
            </tr>
            {{/items}}
            </tbody>
            </table>
            </div>
            {{/isEmpty}}
            """
    ) { request in
        Content("Changes", ListContent(ChangeView.list(try await request.answers.changes())))
    }
}

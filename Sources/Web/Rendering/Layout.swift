/// The frame of every page: head, menu, footer.
let layoutTemplate = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{title}} · Espalier</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/style.css">
    <script src="/live.js" defer></script>
    </head>
    <body>
    <header class="top">
    <a class="brand" href="/"><img src="/icon.svg" alt="" width="22" height="22">Espalier</a>
    <nav aria-label="Pages">{{#sections}}<a href="{{href}}"{{#isHere}} aria-current="page"{{/isHere}}>{{name}}</a>{{/sections}}</nav>
    </header>
    <main>
    {{{content}}}
    </main>
    <footer>All times are UTC. The same as JSON: <a href="/api/board">/api/board</a>, <a href="/api/runs">/api/runs</a>,
    <a href="/api/decisions">/api/decisions</a></footer>
    </body>
    </html>
    """

let errorTemplate = """
    <div class="empty">
    <h1>{{status}} {{phrase}}</h1>
    <p>{{sentence}}</p>
    <p><a href="/">Back to the board</a></p>
    </div>
    """

/// Partials: pieces that several templates use, by name.
let partials = [
    "state": #"<span class="state {{tone}}"><span class="symbol" aria-hidden="true">{{symbol}}</span>{{word}}</span>"#,
    "hash": #"<code title="{{full}}">{{short}}</code>"#,
    "when": #"<time datetime="{{iso}}" title="{{full}}">{{short}} <small>{{relative}}</small></time>"#,
    "exactly": #"<time datetime="{{iso}}">{{full}} <small>{{relative}}</small></time>"#,
    "plan": planPartial,
]

/// The changes to infrastructure that a step has planned, as Terraform prints them.
let planPartial = """
    <section>
    <div class="title"><h2>{{step}}</h2><p class="now">Terraform, {{place}} in {{environment}}: {{summary}}, <a href="/runs/{{run}}">run {{run}}</a></p></div>
    <pre class="log" tabindex="0">{{text}}</pre>
    </section>
    """

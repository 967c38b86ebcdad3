/// The stylesheet of all pages, for light and dark themes and for wide and narrow screens.
let stylesheet = """
    :root {
      --page: #fbfbf9; --raised: #fff; --line: #e3e3de; --text: #1f2421; --dim: #656d67; --link: #1f5f8b;
      --good: #22703a; --bad: #b3261e; --busy: #1565a8; --wait: #80600a; --quiet: #656d67;
      --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #151816; --raised: #1c201d; --line: #323833; --text: #e2e6e2; --dim: #98a19a; --link: #83bfe8;
        --good: #77c98d; --bad: #f28b82; --busy: #83bff0; --wait: #dfbd63; --quiet: #98a19a;
      }
    }
    * { box-sizing: border-box; }
    html { color-scheme: light dark; }
    body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
    a { color: var(--link); text-decoration: none; }
    a:hover { text-decoration: underline; }
    a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--busy); outline-offset: 2px; border-radius: 2px; }
    code, pre { font-family: var(--mono); font-size: 12.5px; }
    code { overflow-wrap: anywhere; }
    code[title] { white-space: nowrap; }
    h1, h2 { font-weight: 600; margin: 0; }
    h1 { font-size: 20px; }
    h2 { font-size: 15px; }
    h2 a { color: inherit; }
    p { margin: 0; }
    small { color: var(--dim); font-size: 12px; }
    .dim { color: var(--dim); }
    .top { display: flex; flex-wrap: wrap; gap: 4px 28px; align-items: center; padding: 10px 24px; background: var(--raised); border-bottom: 1px solid var(--line); }
    .brand { display: flex; gap: 8px; align-items: center; font-weight: 600; font-size: 16px; color: var(--text); }
    nav { display: flex; flex-wrap: wrap; gap: 4px 18px; }
    nav a { color: var(--dim); padding: 2px 0; border-bottom: 2px solid transparent; }
    nav a[aria-current] { color: var(--text); border-color: var(--good); }
    main, footer { max-width: 1360px; margin: 0 auto; padding: 0 24px; }
    footer { color: var(--dim); font-size: 12px; padding-block: 28px; }
    section, article { margin-top: 26px; }
    .title { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; margin: 20px 0 10px; }
    section > .title, article > .title { margin: 0 0 6px; }
    article > table { margin-top: 12px; }
    section > h2, div > h2 { margin: 22px 0 8px; }
    .now { color: var(--dim); }
    .none { color: var(--dim); padding: 4px 0; }

    table { width: 100%; border-collapse: separate; border-spacing: 0; overflow: hidden; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
    th, td { text-align: left; vertical-align: baseline; padding: 6px 12px; }
    thead th { color: var(--dim); font-weight: 500; font-size: 12px; white-space: nowrap; }
    tbody td, tbody th { border-top: 1px solid var(--line); }
    tbody tr:hover td { background: color-mix(in srgb, var(--text) 3%, transparent); }
    tr.selected td { background: color-mix(in srgb, var(--busy) 7%, transparent); }
    .group th { background: color-mix(in srgb, var(--text) 5%, transparent); padding-block: 5px; }
    .group a { color: var(--text); font-weight: 600; }
    .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    time { white-space: nowrap; font-variant-numeric: tabular-nums; }
    .branch { overflow-wrap: anywhere; unicode-bidi: isolate; }
    td.branch { max-width: 420px; }
    td.model { min-width: 180px; overflow-wrap: anywhere; }
    .label { border: 1px solid var(--line); border-radius: 4px; padding: 0 6px; white-space: nowrap; }

    .state { white-space: nowrap; font-weight: 500; }
    .symbol { display: inline-block; width: 1.35em; }
    .good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
    .wait { color: var(--wait); } .quiet { color: var(--quiet); }

    .columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 28px; }
    .list { list-style: none; margin: 0; padding: 0; }
    .list:not(:empty) { background: var(--raised); }
    .list li { display: grid; grid-template-columns: 118px 1fr; gap: 0 10px; padding: 7px 12px; border: 1px solid var(--line); border-bottom-width: 0; }
    .list li:first-child { border-radius: 6px 6px 0 0; }
    .list li:last-child { border-bottom-width: 1px; border-radius: 0 0 6px 6px; }
    .list li:only-child { border-radius: 6px; }
    .list div { min-width: 0; overflow-wrap: anywhere; }
    .reason { color: var(--dim); }
    .reasons, .remarks { margin: 0 0 10px; padding-left: 20px; overflow-wrap: anywhere; }
    .remarks { color: var(--dim); }

    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(440px, 1fr)); gap: 0 28px; margin: 0; }
    .facts.wide { grid-template-columns: 1fr; }
    .facts div { display: grid; grid-template-columns: 110px 1fr; gap: 10px; padding: 4px 0; border-bottom: 1px solid var(--line); }
    .facts dt { color: var(--dim); }
    .facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
    .pair { margin: 2px 0; }
    .note { border-left: 3px solid var(--wait); padding: 2px 10px; margin: 10px 0; }

    .findings { margin: 8px 0 12px; }
    .findings .slice td:nth-child(2) { padding-left: 24px; }
    .interval { display: block; }
    .interval .zero { stroke: var(--line); stroke-width: 1; }
    .interval .wanted { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 3 2; }
    .interval .bounds { fill: none; stroke: currentColor; stroke-width: 1.5; }
    .interval circle { fill: currentColor; }
    .interval .bar { fill: currentColor; opacity: .45; }
    .graph { overflow-x: auto; margin-top: 18px; padding-bottom: 4px; }
    .graph a:hover { text-decoration: none; }
    .edge { fill: none; stroke: var(--dim); stroke-width: 1.2; opacity: .6; }
    .node .box { fill: var(--raised); stroke: var(--line); }
    .node .bar { fill: currentColor; }
    .node.selected .box { stroke: var(--busy); stroke-width: 2; }
    .node .name { fill: var(--text); font-weight: 500; font-size: 13px; }
    .node .what { fill: currentColor; font-size: 11.5px; }

    pre { margin: 6px 0 0; padding: 10px 12px; overflow: auto; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
    .log { max-height: 62vh; min-height: 3em; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.4; }
    .bold { font-weight: 700; } pre .dim { opacity: .8; }
    .ansi1, .ansi9 { color: var(--bad); } .ansi2, .ansi10 { color: var(--good); } .ansi3, .ansi11 { color: var(--wait); }
    .ansi4, .ansi12, .ansi6, .ansi14 { color: var(--busy); } .ansi5, .ansi13 { color: light-dark(#8a3a8f, #d59bda); } .ansi8 { color: var(--dim); }
    summary { cursor: pointer; color: var(--link); }
    .empty { max-width: 760px; margin: 24px auto; padding: 24px 28px; background: var(--raised); border: 1px solid var(--line); border-radius: 8px; }
    .empty h1, .empty h2 { font-size: 18px; margin: 0 0 10px; }
    .empty p, .empty .facts { margin: 10px 0; }
    .empty pre { background: var(--page); }

    @media (max-width: 820px) {
      .top, main, footer { padding-inline: 14px; }
      .columns { grid-template-columns: 1fr; }
      .facts, .facts.wide { grid-template-columns: 1fr; }
      .cards, .cards tbody, .cards tr, .cards td, .cards .group th { display: block; }
      .cards thead { display: none; }
      .cards tbody tr { padding: 6px 12px; border-top: 1px solid var(--line); }
      .cards tr.group { padding: 0; }
      .cards td, .cards tbody th { border: 0; }
      .cards td { position: relative; padding: 2px 0 2px 96px; text-align: left; max-width: none; min-width: 0; min-height: 1.6em; }
      .cards td:empty { display: none; }
      .cards td::before { content: attr(data-label); position: absolute; left: 0; top: 3px; color: var(--dim); font-size: 12px; }
      .list li { grid-template-columns: 1fr; }
    }
    @media print { nav, footer { display: none; } .log { max-height: none; } }
    """

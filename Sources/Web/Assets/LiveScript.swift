/// The script that keeps a page up to date and follows a log. Everything works without it.
let liveScript = """
    'use strict';
    // Load the page again every data-live="SECONDS", and replace the element so marked with its new content.
    const fresh = async (live) => {
      if (document.hidden || String(document.getSelection())) return;
      const address = new URL(location);
      address.searchParams.set('log', 'none');
      const response = await fetch(address, { cache: 'no-store' });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const step = (of) => of.getElementById('log')?.dataset.step;
      if (step(page) !== step(document)) return location.reload();
      const now = page.getElementById(live.id);
      if (!now || now.innerHTML === live.innerHTML) return;
      const focused = live.contains(document.activeElement) && document.activeElement.getAttribute('href');
      live.replaceChildren(...now.childNodes);
      if (!('live' in now.dataset)) delete live.dataset.live;
      if (focused) live.querySelector('a[href="' + CSS.escape(focused) + '"]')?.focus({ preventScroll: true });
    };
    const keepFresh = async (live) => {
      while ('live' in live.dataset) {
        await new Promise((wake) => setTimeout(wake, 1000 * Number(live.dataset.live)));
        await fresh(live).catch(() => {});
      }
    };
    document.querySelectorAll('[data-live]').forEach(keepFresh);

    // The server has escaped and coloured the lines.
    const log = document.querySelector('pre[data-follow]');
    if (log) {
      log.scrollTop = log.scrollHeight;
      const source = new EventSource(log.dataset.follow);
      source.addEventListener('log', (event) => {
        const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
        log.insertAdjacentHTML('beforeend', event.data);
        log.parentElement.querySelector('pre + .none')?.remove();
        if (atEnd) log.scrollTop = log.scrollHeight;
      });
      source.addEventListener('end', () => source.close());
    } else {
      const ended = document.querySelector('pre.log');
      if (ended) ended.scrollTop = ended.scrollHeight;
    }
    """

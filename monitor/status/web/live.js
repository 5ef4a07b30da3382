// Keeps the page up to date. Everything is drawn by the server: the stream only says when to ask for the page again,
// so a filing looks the same however it got here, and what a filing says is never turned into markup by this script.
'use strict';
(() => {
  const pulse = document.getElementById('pulse');
  if (!pulse || !pulse.dataset.events || !('EventSource' in window)) return;
  const { events, live, lost, arrived } = pulse.dataset;
  const title = document.title;
  const word = pulse.querySelector('.word');
  const said = pulse.querySelector('[role=status]');
  let timer = 0, last = 0, unseen = 0, broken = false;

  const state = (text, name) => {
    pulse.className = `pulse ${name}`;
    word.textContent = text;
  };
  const selecting = () => !document.getSelection().isCollapsed;

  // swap replaces one part of the page, unless somebody is in it.
  const swap = (id, fresh) => {
    const old = document.getElementById(id), now = fresh.getElementById(id);
    if (old && now && !old.contains(document.activeElement)) old.replaceWith(now);
  };

  // rows takes the rows of the fresh table; those that did not change stay, so that focus and place do.
  const rows = (fresh) => {
    const body = document.querySelector('#list tbody'), now = fresh.querySelector('#list tbody');
    if (!body || !now) return swap('list', fresh);
    const focus = document.activeElement;
    const above = body.getBoundingClientRect().top < 0;
    const anchor = above && [...body.rows].find((row) => row.getBoundingClientRect().bottom > 0);
    const before = anchor ? anchor.getBoundingClientRect().top : 0;
    let added = 0;
    body.replaceChildren(...[...now.rows].map((row) => {
      const old = document.getElementById(row.id);
      if (!old) {
        row.dataset.new = '';
        added++;
        return row;
      }
      delete old.dataset.new;
      return old.isEqualNode(row) || old.contains(focus) ? old : row;
    }));
    if (body.contains(focus)) focus.focus({ preventScroll: true });
    if (anchor && anchor.isConnected) scrollBy(0, anchor.getBoundingClientRect().top - before);
    if (added) said.textContent = `${added} ${arrived}`;
  };

  const ask = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store' });
      if (answer.ok && !selecting()) {
        const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
        swap('now', fresh);
        swap('charts', fresh);
        rows(fresh);
      }
    } catch {
      // The stream notices too, and says so.
    }
    last = Date.now();
    timer = 0;
  };

  // soon asks at most once a second, and not for a page that nobody sees.
  const soon = () => {
    if (!timer && !document.hidden) timer = setTimeout(ask, Math.max(50, last + 1000 - Date.now()));
  };

  const listen = () => {
    const source = new EventSource(events);
    source.onopen = () => {
      state(live, 'live');
      if (broken) soon();
      broken = false;
    };
    source.onmessage = () => {
      soon();
      setTimeout(soon, 4000); // by then its alerts have gone out
      if (document.hidden) document.title = `(${++unseen}) ${title}`;
    };
    source.onerror = () => {
      broken = true;
      state(lost, 'lost');
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 30000);
    };
  };

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    unseen = 0;
    document.title = title;
    soon();
  });
  setInterval(soon, 15000); // how long ago the last poll was, and what the alerts became
  listen();
})();

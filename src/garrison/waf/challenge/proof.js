"use strict";
// Finds a counter such that SHA-256 of "<task>:<counter>" starts with as many zero bits as the page asks for.
// SHA-256 is written out because crypto.subtle exists in secure contexts only, and this has to work over plain HTTP too.
(function () {
  const INITIAL = [];
  const ROUND = [];
  const fraction = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
  for (let n = 2; ROUND.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) {
      if (n % d === 0) { prime = false; break; }
    }
    if (!prime) continue;
    if (INITIAL.length < 8) INITIAL.push(fraction(Math.sqrt(n)));
    ROUND.push(fraction(Math.cbrt(n)));
  }
  const w = new Int32Array(64);

  // The first 32 bits of the digest of an ASCII text.
  function digestStart(text) {
    const bytes = [];
    for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i));
    const bits = bytes.length * 8;
    bytes.push(128);
    while (bytes.length % 64 !== 56) bytes.push(0);
    bytes.push(0, 0, 0, 0, (bits >>> 24) & 255, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255);
    let state = INITIAL;
    for (let at = 0; at < bytes.length; at += 64) {
      for (let i = 0; i < 16; i++) {
        const b = at + 4 * i;
        w[i] = (bytes[b] << 24) | (bytes[b + 1] << 16) | (bytes[b + 2] << 8) | bytes[b + 3];
      }
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
        const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      state = [a, b, c, d, e, f, g, h].map((x, i) => (x + state[i]) | 0);
    }
    return state[0] >>> 0;
  }

  const page = document.body.dataset;
  const status = document.getElementById("status");
  let counter = 0;

  function send() {
    const body = new URLSearchParams({ task: page.task, counter: String(counter) });
    fetch(page.post, { method: "POST", body: body, credentials: "same-origin" })
      .then((response) => {
        if (!response.ok) throw new Error(String(response.status));
        status.textContent = "Done. One moment.";
        location.reload();
      })
      .catch(() => {
        status.textContent = "The check did not succeed. Reload the page to try again.";
      });
  }

  // In short stretches, so that the page stays responsive.
  function work() {
    const until = Date.now() + 40;
    while (Date.now() < until) {
      for (let i = 0; i < 64; i++) {
        if (digestStart(page.task + ":" + counter) >>> (32 - page.bits) === 0) return send();
        counter++;
      }
    }
    setTimeout(work, 0);
  }
  work();
})();

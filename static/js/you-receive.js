// Shows what a seller would receive while she types a price. The server computes it again; this is a preview only.
//   <input data-you-receive="ID"> and <output id="ID" data-share="8000" data-currency="USD" data-locale="en-US">
"use strict";

for (const input of document.querySelectorAll("[data-you-receive]")) {
  const output = document.getElementById(input.dataset.youReceive);
  const { share, currency, locale } = output.dataset;
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  const decimals = format.resolvedOptions().maximumFractionDigits;

  const show = () => {
    const typed = input.value.trim().replace(/^\$\s*/, "");
    const plain = /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(typed) ? typed.replaceAll(",", "") : typed;
    const found = /^(\d{1,9})(?:\.(\d+))?$/.exec(plain);
    if (!found || (found[2] ?? "").length > decimals) {
      output.textContent = "–";
      return;
    }
    // Whole cents and half up, as the server does it.
    const minor = Number(found[1]) * 10 ** decimals + Number((found[2] ?? "").padEnd(decimals, "0") || 0);
    const received = Math.floor((minor * Number(share) * 2 + 10000) / 20000);
    output.textContent = format.format(received / 10 ** decimals);
  };

  input.addEventListener("input", show);
  show();
}

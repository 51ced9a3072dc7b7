/** One column that fits a phone, in the colours that the reader's system asks for. */
export const STYLE = `
:root { color-scheme: light dark; --edge: color-mix(in srgb, CanvasText 25%, Canvas); --soft: color-mix(in srgb, CanvasText 70%, Canvas); --yes: light-dark(#0b6b3a, #4cc38a); --no: light-dark(#a3261b, #ff8a7a); }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 40rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
h1:focus { outline: none; }
p { margin: 0 0 1rem; }
.soft { color: var(--soft); }
dl { margin: 0 0 1.5rem; border-top: 1px solid var(--edge); }
dl > div { padding: .5rem 0; border-bottom: 1px solid var(--edge); }
dt { color: var(--soft); font-size: .875rem; }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
dd > dl, dd > ol { margin: .25rem 0 0 .75rem; white-space: normal; }
dd > ol { padding-left: 1.25rem; }
fieldset { border: 1px solid var(--edge); border-radius: .5rem; margin: 0 0 1rem; padding: .75rem 1rem; }
label { display: block; margin: 0 0 .25rem; font-weight: 600; }
.field { margin: 0 0 1rem; }
.hint { display: block; color: var(--soft); font-size: .875rem; font-weight: 400; }
input:not([type=checkbox]), select, textarea { width: 100%; min-height: 2.75rem; padding: .5rem; font: inherit; color: inherit; background: Canvas; border: 1px solid var(--soft); border-radius: .375rem; }
input[type=checkbox] { width: 1.25rem; height: 1.25rem; margin-right: .5rem; vertical-align: text-bottom; }
textarea { min-height: 5rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; }
button { flex: 1 1 10rem; min-height: 3rem; font: inherit; font-weight: 600; border-radius: .5rem; border: 2px solid; background: Canvas; cursor: pointer; }
button.yes { border-color: var(--yes); background: var(--yes); color: Canvas; }
button.no { border-color: var(--no); color: var(--no); }
button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.wrong { color: var(--no); font-weight: 600; }
code { overflow-wrap: anywhere; }
`;

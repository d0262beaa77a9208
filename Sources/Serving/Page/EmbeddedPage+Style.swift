// swift-format-ignore-file
// Made by scripts/embed-page from page/page.css.

extension EmbeddedPage {
  /// Its style.
  static let style = #"""
:root {
  --ground: #0d1117; --panel: #151b23; --raised: #1f2731; --line: #2d3743; --text: #e8eef5; --quiet: #9fb0c0;
  --accent: #56b4e9; --good: #3fc59d; --warn: #e69f00; --bad: #ff8a5c; --area: rgb(86 180 233 / 16%);
}
@media (prefers-color-scheme: light) {
  :root {
    --ground: #f3f5f8; --panel: #fff; --raised: #e9edf2; --line: #cfd7e0; --text: #14202b; --quiet: #4d5d6c;
    --accent: #0069a6; --good: #00694b; --warn: #8a5a00; --bad: #b33c00; --area: rgb(0 105 166 / 12%);
  }
}
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--text); font: 15px/1.45 system-ui, "Segoe UI", Roboto, sans-serif; }
body { margin: 0; }
h1, h2, p, ul, ol, dl, dd, fieldset, legend { margin: 0; padding: 0; }
ul, ol { list-style: none; }
[hidden] { display: none !important; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 8px; top: -60px; padding: 6px 12px; background: var(--accent); color: #000; z-index: 2; }
.skip:focus { top: 8px; }
.gap { flex: 1; }
.quiet { color: var(--quiet); }
kbd {
  font: 12px ui-monospace, monospace; padding: 0 5px; border: 1px solid var(--line); border-bottom-width: 2px;
  border-radius: 4px; background: var(--raised); color: var(--quiet);
}
header {
  display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; padding: 10px 20px; background: var(--panel);
  border-bottom: 1px solid var(--line);
}
h1 { display: flex; align-items: center; gap: 9px; font-size: 18px; font-weight: 650; letter-spacing: .01em; }
h1 svg { width: 24px; height: 24px; }
h1 rect { fill: #0b6e99; }
h1 path { fill: none; stroke: #fff; stroke-width: 1.8; }
h1 small { color: var(--quiet); font-weight: 400; font-size: 13px; }
h2 { font-size: 13px; font-weight: 600; color: var(--quiet); letter-spacing: .02em; }
.pill {
  padding: 3px 12px; border-radius: 99px; border: 1.5px solid var(--line); font-weight: 600; font-size: 13px;
  max-width: 60ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.pill.plain { font-weight: 400; color: var(--quiet); }
.pill.plain b { color: var(--text); }
[data-state="ready"] { color: var(--good); border-color: currentcolor; }
[data-state="bad"] { color: var(--bad); border-color: currentcolor; white-space: normal; }
#link { font-size: 13px; }
#link[data-state="on"]::before { content: "● "; color: var(--good); }
#link[data-state="off"]::before { content: "○ "; color: var(--bad); }
header .quiet { font-size: 13px; }
#reservation {
  padding: 7px 20px; font-weight: 600; color: var(--text); border-bottom: 2px solid var(--warn);
  background: repeating-linear-gradient(135deg, transparent 0 14px, rgb(230 159 0 / 22%) 14px 28px), var(--panel);
}
button, select, input[type="password"] {
  font: inherit; font-size: 13px; color: var(--text); background: var(--raised); border: 1px solid var(--line);
  border-radius: 6px; padding: 4px 12px; min-height: 30px;
}
button { cursor: pointer; }
button:hover { border-color: var(--accent); }
button[aria-pressed="true"] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
input { accent-color: var(--accent); }
#token-form { max-width: 480px; margin: 60px auto; padding: 24px; display: grid; gap: 10px; background: var(--panel);
  border: 1px solid var(--line); border-radius: 10px; }
#token-form h2 { font-size: 17px; color: var(--text); }
main {
  display: grid; grid-template-columns: minmax(0, 1.12fr) minmax(0, 1fr); gap: 14px; padding: 14px 20px 28px;
  max-width: 1680px; margin: 0 auto;
}
.wide { grid-column: 1 / -1; display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 1fr); gap: 14px; }
.panel, #picture { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.panel h2 { margin-bottom: 8px; }
#picture { display: flex; flex-direction: column; gap: 10px; min-width: 0; }
.title { display: flex; align-items: center; gap: 8px; font-size: 13px; }
#stage {
  position: relative; display: grid; place-items: center; background: #000; border-radius: 8px; overflow: hidden;
  min-height: 300px;
}
#canvas { display: block; max-width: 100%; max-height: 62vh; width: auto; height: 62vh; object-fit: contain; }
#canvas:focus-visible { outline-offset: -3px; }
#empty { position: absolute; display: grid; gap: 4px; text-align: center; color: #b8c4d0; padding: 16px; }
#empty strong { color: #fff; font-size: 17px; }
.caption { display: flex; flex-wrap: wrap; gap: 4px 12px; font-size: 13px; color: var(--quiet); min-height: 1.5em;
  font-variant-numeric: tabular-nums; }
#probe { color: var(--text); font-weight: 600; }
#controls { border: 0; display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; font-size: 13px; }
#controls input[type="range"] { width: 96px; }
#controls legend { float: left; margin-right: 4px; font-weight: 600; color: var(--quiet); }
#controls label { display: flex; align-items: center; gap: 6px; }
#opacity-words { min-width: 5ch; font-variant-numeric: tabular-nums; }
#legend { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 2px 16px; font-size: 14px; }
#legend label, #legend .row { display: grid; grid-template-columns: auto auto 1fr auto auto; gap: 9px; align-items: center;
  padding: 3px 4px; border-radius: 5px; }
#legend label:hover { background: var(--raised); }
#legend canvas { width: 34px; height: 18px; border: 1px solid var(--line); border-radius: 3px; background: #777; }
#legend .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#legend .share { font-variant-numeric: tabular-nums; color: var(--quiet); min-width: 6ch; text-align: right; }
.meter { display: block; height: 8px; border-radius: 4px; background: var(--raised); overflow: hidden; min-width: 60px; }
.meter i { display: block; height: 100%; background: var(--accent); width: 0; }
#legend .row { grid-column: 1 / -1; grid-template-columns: minmax(8ch, 16ch) 1fr auto; }
#legend .row:first-child { font-weight: 650; }
#numbers { display: flex; flex-direction: column; gap: 14px; min-width: 0; }
#tiles { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px; }
.tile { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px 8px; min-width: 0; }
.tile .value { font-size: 30px; line-height: 1.15; font-weight: 640; font-variant-numeric: tabular-nums; white-space: nowrap;
  letter-spacing: -.01em; }
.tile .value small { font-size: 14px; font-weight: 400; color: var(--quiet); letter-spacing: 0; }
.tile .value[data-absent] { font-size: 14px; line-height: 1.3; min-height: 36px; font-weight: 500; color: var(--quiet);
  white-space: normal; letter-spacing: 0; }
.tile .note { font-size: 12px; color: var(--quiet); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tile svg { display: block; width: 100%; height: 38px; margin-top: 4px; overflow: visible; }
.tile .line { fill: none; stroke: var(--accent); stroke-width: 1.6; vector-effect: non-scaling-stroke; }
.tile .area { fill: var(--area); }
.tile .base { stroke: var(--line); vector-effect: non-scaling-stroke; }
#stages { display: flex; height: 30px; border-radius: 6px; overflow: hidden; background: var(--raised); gap: 2px; }
#stages span {
  flex: 0 0 auto; min-width: 0; font-size: 12px; font-weight: 700; color: #000; display: grid; place-items: center;
  overflow: hidden; background-color: var(--tint); border: 1px solid rgb(0 0 0 / 35%);
}
#stages span b { background: rgb(255 255 255 / 88%); border-radius: 3px; padding: 0 4px; line-height: 1.3; }
.s0 { --tint: #cc79a7; background-image: repeating-linear-gradient(45deg, rgb(0 0 0 / 35%) 0 2px, transparent 2px 8px); }
.s1 { --tint: #e69f00; background-image: repeating-linear-gradient(-45deg, rgb(0 0 0 / 35%) 0 2px, transparent 2px 8px); }
.s2 { --tint: #f0e442; background-image: repeating-linear-gradient(0deg, rgb(0 0 0 / 35%) 0 2px, transparent 2px 8px); }
.s3 { --tint: #56b4e9; }
.s4 { --tint: #4cc9a0; background-image: repeating-linear-gradient(90deg, rgb(0 0 0 / 35%) 0 2px, transparent 2px 8px); }
#stage-list { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 2px 22px; margin: 8px 0 6px;
  font-size: 13px; }
#stage-list li { display: grid; grid-template-columns: auto 1fr auto; gap: 7px; align-items: center; white-space: nowrap; }
#stage-list i { width: 22px; height: 13px; border-radius: 3px; border: 1px solid rgb(0 0 0 / 40%); background-color: var(--tint); }
#stage-list b { font-variant-numeric: tabular-nums; font-weight: 600; }
.two { display: grid; grid-template-columns: 1.5fr 1fr; gap: 20px; }
#cores { display: grid; gap: 6px; font-size: 13px; font-variant-numeric: tabular-nums; }
#cores li { display: grid; grid-template-columns: 6.5ch 1fr 5ch; gap: 4px 10px; align-items: center; }
#cores .quiet { grid-column: 2 / -1; font-size: 12px; }
#cores > .quiet { grid-column: auto; display: block; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 14px; font-size: 13px; }
dt { color: var(--quiet); }
dd { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--quiet); padding: 3px 14px 5px 0; white-space: nowrap; }
td { padding: 5px 14px 5px 0; border-top: 1px solid var(--line); vertical-align: top; }
td:first-child { font-weight: 600; white-space: nowrap; }
td.count { white-space: nowrap; }
td small { font-weight: 400; color: var(--quiet); }
.log { flex: 1; display: flex; flex-direction: column; min-height: 170px; }
#log { flex: 1 1 120px; height: 0; min-height: 120px; overflow-y: auto; font: 12.5px/1.55 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
#log li { display: grid; grid-template-columns: 9ch 8ch 1fr; gap: 8px; }
#log time, #log .note b { color: var(--quiet); font-weight: 400; }
#log .warning b { color: var(--warn); }
#log .error b { color: var(--bad); }
dialog { background: var(--panel); color: var(--text); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px;
  max-width: 460px; }
dialog::backdrop { background: rgb(0 0 0 / 55%); }
dialog h2 { font-size: 17px; color: var(--text); margin-bottom: 10px; }
dialog form { margin-top: 16px; text-align: right; }
body.stale #tiles, body.stale #numbers .panel:not(.log), body.stale .wide { opacity: .55; }
@media (max-width: 1060px) {
  main, .wide { grid-template-columns: minmax(0, 1fr); }
  main { padding: 10px; }
  #log { height: 160px; flex: none; }
  #canvas { height: auto; width: 100%; max-height: none; }
  #tiles { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
}
@media (max-width: 600px) { .two { grid-template-columns: 1fr; } }
@media (forced-colors: active) { .meter i { background: Highlight; } .meter { border: 1px solid; } }
"""#
}

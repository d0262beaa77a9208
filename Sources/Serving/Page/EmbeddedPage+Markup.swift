// swift-format-ignore-file
// Made by scripts/embed-page from page/page.html.

extension EmbeddedPage {
  /// The page without style and script.
  static let markup = #"""
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>swift-dpu</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect
 width='16' height='16' rx='3' fill='%230b6e99'/%3E%3Cpath d='M3 11l3-5 3 3 4-6' stroke='white' stroke-width='1.8'
 fill='none'/%3E%3C/svg%3E">
<!-- style -->
</head>
<body>
<a class="skip" href="#numbers">Skip to the numbers</a>
<header>
  <h1><svg viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="3"/><path d="M3 11l3-5 3 3 4-6"/></svg>
    swift-dpu <small id="version"></small></h1>
  <p id="ready" class="pill" data-state="unknown">… connecting</p>
  <p id="device" class="pill plain" hidden></p>
  <span class="gap"></span>
  <p class="quiet"><span id="uptime"></span> <span id="watchers"></span></p>
  <p id="link" class="quiet" data-state="off">not connected</p>
  <button id="help-button" type="button" aria-haspopup="dialog" title="Keys (?)">Keys <kbd>?</kbd></button>
</header>
<p id="reservation" hidden></p>
<form id="token-form" hidden>
  <h2>This service asks for a token</h2>
  <p id="token-words">It is kept until this tab is closed, sent in a header, and stands in no address.</p>
  <label for="token">Token</label>
  <input id="token" type="password" autocomplete="off" spellcheck="false" required>
  <button type="submit">Look in</button>
</form>
<main id="main">
  <section id="picture" aria-labelledby="picture-title">
    <div class="title">
      <h2 id="picture-title">Live picture</h2>
      <label id="model-choice" hidden>Model <select id="model"></select></label>
      <span class="gap"></span>
      <button id="pause" type="button" aria-pressed="false" title="Stop and go on (space)">Pause</button>
      <button id="save" type="button" title="Save what is seen as PNG (s)">Save</button>
    </div>
    <div id="stage">
      <canvas id="canvas" width="256" height="256" tabindex="0" role="img" aria-label="No picture yet"
        aria-describedby="probe"></canvas>
      <p id="empty"><strong>No picture yet</strong><span id="empty-words">connecting</span></p>
    </div>
    <p class="caption"><span id="caption"></span><span class="gap"></span><span id="probe"></span></p>
    <fieldset id="controls">
      <legend>Labels</legend>
      <label><input id="show" type="checkbox" checked> shown <kbd>l</kbd></label>
      <label><input id="patterns" type="checkbox" checked> patterns <kbd>p</kbd></label>
      <label><input id="outlines" type="checkbox" checked> outlines <kbd>o</kbd></label>
      <label>opacity <input id="opacity" type="range" min="0" max="100" step="5" value="55">
        <output id="opacity-words" for="opacity">55 %</output> <kbd>−</kbd> <kbd>+</kbd></label>
    </fieldset>
    <ul id="legend" aria-label="What is seen"></ul>
  </section>
  <section id="numbers" aria-label="Numbers" tabindex="-1">
    <div id="tiles"></div>
    <div class="panel">
      <h2>Where a request's time goes</h2>
      <div id="stages" role="img" aria-label="No requests lately"></div>
      <ol id="stage-list"></ol>
      <p id="bottleneck" class="quiet">No requests in the last seconds.</p>
    </div>
    <div class="panel two">
      <div>
        <h2>Cores</h2>
        <ul id="cores"><li class="quiet">none yet</li></ul>
      </div>
      <div>
        <h2>Queue</h2>
        <dl id="queue"></dl>
      </div>
    </div>
    <section class="panel log" aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
      <ol id="log" tabindex="0" role="log" aria-labelledby="log-title" aria-live="off"></ol>
    </section>
  </section>
  <div class="wide">
    <section class="panel" aria-labelledby="models-title">
      <h2 id="models-title">Models</h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="models-title">
        <table>
          <thead><tr><th scope="col">model</th><th scope="col">state</th><th scope="col">requests</th>
            <th scope="col">not answered</th><th scope="col">frames</th><th scope="col">wait</th>
            <th scope="col">inputs</th><th scope="col">outputs</th></tr></thead>
          <tbody id="models"></tbody>
        </table>
      </div>
    </section>
    <section class="panel" aria-labelledby="devices-title">
      <h2 id="devices-title">Device</h2>
      <dl id="devices"></dl>
    </section>
  </div>
</main>
<p id="announcer" role="status" class="unseen"></p>
<dialog id="help" aria-labelledby="help-title">
  <h2 id="help-title">Keys</h2>
  <dl>
    <dt><kbd>l</kbd></dt><dd>labels over the picture, or the picture alone</dd>
    <dt><kbd>p</kbd></dt><dd>patterns, which tell labels apart without colours</dd>
    <dt><kbd>o</kbd></dt><dd>outlines</dd>
    <dt><kbd>−</kbd> <kbd>+</kbd></dt><dd>opacity of the labels</dd>
    <dt><kbd>1</kbd> … <kbd>9</kbd></dt><dd>one label on or off; <kbd>0</kbd> the background</dd>
    <dt><kbd>space</kbd></dt><dd>stops the picture, and lets it go on</dd>
    <dt><kbd>s</kbd></dt><dd>saves what is seen as PNG</dd>
    <dt>arrows</dt><dd>on the picture: which label lies where</dd>
  </dl>
  <form method="dialog"><button>Close</button></form>
</dialog>
<!-- script -->
</body>
</html>
"""#
}

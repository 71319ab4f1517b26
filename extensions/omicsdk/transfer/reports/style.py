"""How the page of a report looks."""

STYLE = """\
:root{--ground:#fff;--card:#f6f7f9;--ink:#1b2330;--quiet:#5b6675;--line:#dde2e8;--blue:#1f6feb;--wash:#1f6feb26;
--good:#1a7f37;--bad:#c0202b;--halt:#935f00;--bad-wash:#c0202b12}
@media (prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1b2129;--ink:#e4e9f0;--quiet:#98a4b3;--line:#313a46;
--blue:#6cabff;--wash:#6cabff30;--good:#56c271;--bad:#ff7b7b;--halt:#e2ac4d;--bad-wash:#ff7b7b14}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:70rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.5rem 0 .75rem}
h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
p{margin:.25rem 0}
.quiet{color:var(--quiet);font-size:.9rem}
.verdict{font-size:1.1rem;font-weight:600}
.verdict.done,.state.done,.state.skipped{color:var(--good)}
.verdict.failed,.state.failed,.failed dd{color:var(--bad)}
.verdict.stopped,.state.stopped,.state.planned,.stopped dd{color:var(--halt)}
.totals{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.5rem;margin:0}
.totals div{background:var(--card);border-radius:.5rem;padding:.6rem .8rem}
dt{color:var(--quiet);font-size:.85rem}
dd{margin:0;font-size:1.2rem;font-variant-numeric:tabular-nums}
.plot{display:grid;grid-template-columns:5.5rem 1fr;gap:.25rem .5rem;margin-top:1rem}
.plot svg{width:100%;height:13rem;display:block;overflow:visible}
.rates{position:relative;font-size:.8rem;color:var(--quiet)}
.rates span{position:absolute;right:0;transform:translateY(50%);white-space:nowrap}
.times{grid-column:2;display:flex;justify-content:space-between;font-size:.8rem;color:var(--quiet);white-space:nowrap}
.plot path{vector-effect:non-scaling-stroke;fill:none}
.plot .grid{stroke:var(--line)}
.plot .area{fill:var(--wash)}
.plot .curve{stroke:var(--blue);stroke-width:1.5}
.plot .mean{stroke:var(--quiet);stroke-dasharray:5 4}
.failures{list-style:none;margin:0;padding:0;display:grid;gap:.5rem}
.failures li{border-left:4px solid var(--bad);background:var(--bad-wash);border-radius:.25rem;padding:.6rem .8rem;
overflow-wrap:anywhere}
summary{cursor:pointer;padding:.6rem 0;color:var(--blue)}
.kind{color:var(--bad);font-weight:600}
.remedy::before{content:"\\2192\\a0"}
.name{font-family:ui-monospace,monospace;font-size:.92em;font-weight:500;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
thead th{color:var(--quiet);font-weight:500;white-space:nowrap}
tbody th{font-weight:400}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.state{font-weight:600}
.sum{color:var(--quiet);font-size:.85em;max-width:22rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.sum:hover,.sum:focus{white-space:normal;overflow-wrap:anywhere}
code{font-family:ui-monospace,monospace}
@media (max-width:44rem){
.totals{grid-template-columns:1fr 1fr}
.plot{grid-template-columns:4.5rem 1fr}
.plot svg{height:10rem}
.times span:nth-child(even){display:none}
thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table,tbody{display:block}
tr{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
th,td{border:0;padding:.05rem 0}
tr th,tr td[data-label=Verification]{flex:1 1 100%}
td[data-label]::before{content:attr(data-label) " ";color:var(--quiet)}
td[data-label=Verification]::before{display:none}
.sum{max-width:none;white-space:normal;overflow-wrap:anywhere}
}
@media print{main{max-width:none}.failures li,tr{break-inside:avoid}}
"""

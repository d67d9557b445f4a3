"""The colours of the state diagram, for a light and a dark scheme.

All names begin at `.tcp-states`: the drawing may stand in a page that has a style of its own.
"""

STYLE = """
  .tcp-states text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .tcp-states .name, .tcp-states .strong { font-weight: 600 }
  .tcp-states .box .name { text-anchor: middle }
  .tcp-states .title { font-size: 18px; font-weight: 600 }
  .tcp-states .note, .tcp-states .sends { fill: #59636e }
  .tcp-states .call { fill: #0550ae }
  .tcp-states .time { fill: #953800 }
  .tcp-states .count { fill: #1a7f37; font-weight: 600 }
  .tcp-states .page { fill: #ffffff }
  .tcp-states .state { fill: #f6f8fa; stroke: #59636e; stroke-width: 1.5 }
  .tcp-states .open { fill: #ddf4ff; stroke: #0969da }
  .tcp-states .line { fill: none; stroke: #59636e; stroke-width: 1.5 }
  .tcp-states .head { fill: #59636e }
  .tcp-states .optional .line { stroke-dasharray: 5 4 }
  .tcp-states .walked .line { stroke: #1a7f37; stroke-width: 2.5 }
  .tcp-states .walked .head { fill: #1a7f37 }
  .tcp-states .unwalked { opacity: 0.4 }
  @media (prefers-color-scheme: dark) {
    .tcp-states text { fill: #f0f6fc }
    .tcp-states .note, .tcp-states .sends { fill: #9198a1 }
    .tcp-states .call { fill: #79c0ff }
    .tcp-states .time { fill: #ffa657 }
    .tcp-states .count { fill: #3fb950 }
    .tcp-states .page { fill: #0d1117 }
    .tcp-states .state { fill: #151b23; stroke: #9198a1 }
    .tcp-states .open { fill: #121d2f; stroke: #58a6ff }
    .tcp-states .line { stroke: #9198a1 }
    .tcp-states .head { fill: #9198a1 }
    .tcp-states .walked .line { stroke: #3fb950 }
    .tcp-states .walked .head { fill: #3fb950 }
  }
"""
